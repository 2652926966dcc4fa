// A server of the page and of an API with made up syncs: ten thousand, one with a
// hundred thousand runs, one whose every text tries to be HTML. What it answers
// is as controller/api/openapi.yaml says.

import {createHash} from 'node:crypto';
import {readFileSync} from 'node:fs';
import {createServer} from 'node:http';
import {once} from 'node:events';

const day = 86400000;
export const hostile = '<img src=x onerror="window.hacked=1">'
  + '<script>window.hacked=1</script><svg onload=window.hacked=1>"\'`&lt;b&gt;';
export const oneSync = 'shop';
// Its discovers fail.
export const brokenSync = 'broken';
// The spec of its connector was not asked for yet.
export const unknownSync = 'unknown';
// Its last run brought only a part, and a further try waits for its time.
export const retriedSync = 'half';
export const retriedError = 'the stream orders stopped after 500 rows';
const iso = time => new Date(time).toISOString();

// The page as syncctl serves it, with its policy.
function readPage(path) {
  const html = readFileSync(path, 'utf8');
  const hash = element => {
    const start = html.indexOf(`<${element}>`) + element.length + 2;
    return createHash('sha256').update(html.slice(start,
      html.indexOf(`</${element}>`, start))).digest('base64');
  };
  return {html, policy: `default-src 'none'; script-src 'sha256-${hash('script')}'`
    + `; style-src 'sha256-${hash('style')}'; connect-src 'self'; img-src data:; `
    + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    + "require-trusted-types-for 'script'; trusted-types 'none'"};
}

function failure(kind, origin, message) {
  return {failureType: kind, failureOrigin: origin, externalMessage: message,
    internalMessage: 'HTTP 401 Unauthorized',
    stackTrace: 'Traceback (most recent call last):\n  File "source.py"',
    streamDescriptor: {name: 'orders', namespace: 'public'},
    metadata: {exitCode: 1}};
}

export class MadeUp {
  constructor({empty = false, tokens = []} = {}) {
    this.now = Date.now();
    this.tokens = tokens;
    this.requests = [];
    // [a part of a body, what is answered to it].
    this.faults = [];
    this.syncs = new Map();
    this.runs = new Map();
    this.tasks = new Map();
    this.lines = new Map();
    this.specs = new Map();
    this.told = new Set();
    this.connectors = [
      {package: 'airbyte/source-demo', version: '1', installed: true,
        specKnown: true, title: 'Demo', runs: 12, failures: 3,
        lastUsedAt: iso(this.now - 3600000)},
      {package: 'airbyte/source-postgres', version: '3.6.1', installed: false,
        specKnown: false, runs: 40, failures: 0, lastUsedAt: null},
      {package: 'airbyte/source-new', version: null, installed: true,
        specKnown: false, title: null, runs: 0, failures: 0, lastUsedAt: null}];
    this.specs.set('airbyte/source-demo:1', {connectionSpecification: {
      type: 'object', required: ['api_key'], properties: {
        api_key: {type: 'string', title: 'API key', airbyte_secret: true,
          order: 0},
        shop: {type: 'string', title: 'Shop', order: 1, default: 'north',
          description: 'Where it <b>reads</b> from.'}}}});
    this.specs.set('airbyte/source-new:2', {connectionSpecification: {
      type: 'object', required: ['api_key', 'port'], properties: {
        api_key: {type: 'string', title: 'API key', airbyte_secret: true,
          order: 0},
        shop: {type: 'string', title: 'Shop', order: 1},
        port: {type: 'integer', title: 'Port', order: 2}}}});
    this.catalog = {streams: Array.from({length: 1000}, (_, i) => ({
      name: i === 0 ? 'orders' : `stream_${i}`, namespace: 'public',
      supported_sync_modes: ['full_refresh', 'incremental'],
      source_defined_primary_key: [['id']],
      default_cursor_field: ['updated_at'], json_schema: {properties: {
        id: {type: 'integer'}, total: {type: 'number'},
        updated_at: {type: 'string'}}}}))};
    if (!empty)
      this.fill();
  }

  fill() {
    this.put(brokenSync, 'FAILED', 1);
    for (let i = 0; i < 9995; ++i)
      this.put(`sync-${String(i).padStart(5, '0')}`, i % 40 === 3 ? 'FAILED'
        : i % 977 === 5 ? 'READING' : 'SUCCESS', 30);
    this.put(oneSync, 'FAILED', 100000);
    this.put('waiting', 'WAITING', 3);
    this.put(retriedSync, 'RETRY', 3);
    this.syncs.get(retriedSync).definition.retries = {
      delaysSeconds: [60, 300, 1500], pauseAfter: 10};
    this.put(hostile, 'PARTIAL', 3);
    this.put(unknownSync, 'SUCCESS', 0);
    this.syncs.get(unknownSync).definition.source = {
      package: 'airbyte/source-new', version: '2',
      config: {api_key: '***', shop: 'north', port: 8443}};
    this.syncs.get('sync-00001').paused = 'by hand';
    this.syncs.get(oneSync).definition.notifications = [{url: '***',
      format: 'slack', events: ['failed']}];
  }

  put(id, status, count) {
    const odd = id === hostile;
    this.syncs.set(id, {syncId: id, version: '7', trouble: null, paused: null,
      nextRunAt: iso(this.now + 1800000), createdAt: iso(this.now - 90 * day),
      updatedAt: iso(this.now - day), catalogKey: 'sync:' + id, managedBy: null,
      fileGone: false,
      definition: {source: {package: odd ? hostile : 'airbyte/source-demo',
        version: '1', config: {api_key: '***', shop: odd ? hostile : 'north'}},
      destination: {destinationType: 'postgres', host: 'db', port: 5432,
        database: 'rows', username: 'loader', password: '***'},
      streams: 'all', schedule: {everySeconds: 3600}, options: {},
      labels: {team: 'data'}}});
    this.runs.set(id, {count, status, apart: count > 1000 ? 300000 : 3600000});
  }

  // The run of that number, 0 being the newest.
  run(id, i) {
    const {status, apart} = this.runs.get(id);
    if (status === 'RETRY')
      return this.retriedRun(id, i);
    const bad = i % 17 === 4;
    const state = i === 0 ? status : bad ? 'FAILED' : 'SUCCESS';
    const start = this.now - 600000 - i * apart;
    const active = ['READING', 'WAITING'].includes(state);
    return {taskId: `${id}-run-${i}`, trigger: i % 3 ? 'schedule' : 'manual',
      attempt: 1, status: state,
      startedAt: state === 'WAITING' ? null : iso(start),
      error: state === 'FAILED' || state === 'PARTIAL'
        ? id === hostile ? hostile : 'the key is wrong' : null,
      errorKind: state === 'FAILED' ? 'config_error' : null,
      endedAt: active ? null : iso(start + 60000 + i % 50 * 3000),
      rows: state === 'FAILED' ? 0 : 1000 + i % 37 * 100,
      bytes: (1000 + i % 37 * 100) * 321, dueAt: iso(start),
      createdAt: iso(start), updatedAt: iso(start + 60000)};
  }

  // The newest waits for six minutes to come; each one before took 4 s.
  retriedRun(id, i) {
    const waits = i === 0;
    const start = this.now - i * 600000;
    return {taskId: `${id}-run-${i}`, trigger: 'retry', attempt: 4 - i,
      status: waits ? 'WAITING' : 'PARTIAL', startedAt: waits ? null : iso(start),
      endedAt: waits ? null : iso(start + 4000), error: waits ? null
        : retriedError, errorKind: waits ? null : 'system_error',
      rows: waits ? null : 100, bytes: waits ? null : 269000,
      dueAt: iso(waits ? Date.now() + 390000 : start), createdAt: iso(start),
      updatedAt: iso(start + 4000)};
  }

  shown(id, runs = 0) {
    const sync = this.syncs.get(id);
    const {count} = this.runs.get(id);
    const {source} = sync.definition;
    const out = {...sync, configHidden: null, lastRun: count > 0 ? this.run(id, 0) : null,
      lastSuccessAt: count > 1 ? this.run(id, 1).endedAt : null,
      pausedReason: sync.paused, lastEndedRun: null};
    for (let i = 0; i < Math.min(count, 2) && !out.lastEndedRun; ++i)
      if (this.run(id, i).endedAt !== null)
        out.lastEndedRun = this.run(id, i);
    // What only a spec marks is hidden with all the rest until somebody asked.
    if (id === unknownSync && !this.told.has('airbyte/source-new:2'))
      Object.assign(out, {configHidden: 'the specification of '
        + 'airbyte/source-new:2, which tells what is secret, is not known: nobody '
        + 'asked for it yet', definition: {...sync.definition, source: {...source,
        config: {api_key: '***', shop: '***', port: '***'}}}});
    if (runs > 0)
      out.runs = Array.from({length: Math.min(runs, count)},
        (_, i) => this.run(id, i)).reverse();
    return out;
  }

  standing(id) {
    if (this.syncs.get(id).paused)
      return 'paused';
    const {status, count} = this.runs.get(id);
    if (count === 0)
      return '';
    return ['READING', 'WAITING'].includes(status) ? 'running'
      : ['FAILED', 'PARTIAL', 'RETRY'].includes(status) ? 'failing' : '';
  }

  listSyncs(query) {
    const ids = [...this.syncs.keys()].sort();
    const {q = '', status, after = ''} = query;
    const limit = Number(query.limit || 100);
    const fits = ids.filter(id => id > after
      && (!status || this.standing(id) === status)
      && id.toLowerCase().includes(q.toLowerCase()));
    const page = fits.slice(0, limit);
    const out = {syncs: page.map(id => this.shown(id, Number(query.runs || 0)))};
    if (fits.length > limit)
      out.next = page.at(-1);
    if (!after) {
      out.counts = {all: ids.length, failing: 0, running: 0, paused: 0};
      for (const id of ids)
        if (this.standing(id))
          ++out.counts[this.standing(id)];
    }
    return out;
  }

  listRuns(id, query) {
    const {count, apart} = this.runs.get(id);
    const limit = Number(query.limit || 100);
    const first = query.after ? Number(query.after) + 1 : 0;
    const most = query.from ? Math.ceil(
      (this.now - 600000 - Date.parse(query.from)) / apart) : count;
    const end = Math.min(count, Math.max(0, most), first + limit);
    const out = {runs: []};
    for (let i = first; i < end; ++i)
      out.runs.push(this.run(id, i));
    if (end < Math.min(count, most))
      out.next = String(end - 1);
    return out;
  }

  task(id) {
    if (this.tasks.has(id))
      return this.tasks.get(id);
    const match = /^(.*)-run-(\d+)$/s.exec(id);
    if (!match || !this.syncs.has(match[1]))
      return null;
    const run = this.run(match[1], Number(match[2]));
    if (run.status === 'WAITING' || match[1] === brokenSync)
      return this.unread(match[1], run);
    const names = Array.from({length: match[1] === oneSync ? 1000 : 3},
      (_, i) => `stream_${i}`);
    const bad = run.status === 'FAILED';
    const text = match[1] === hostile ? hostile : 'the key is wrong';
    return {of: run, sync_id: match[1], task_id: id, package: 'airbyte/source-demo',
      version: '1', started_at: run.startedAt,
      updated_at: run.endedAt || iso(this.now), started_by: {trigger: 'schedule'},
      status: run.status === 'READING' ? 'RUNNING' : run.status,
      command: 'read', storageKey: null, error: run.error,
      description: Object.fromEntries(names.map((name, i) => [name, {
        events: i * 10, bytes: i * 900,
        status: bad && i === 700 % names.length ? 'FAILED'
          : run.status === 'READING' && i === 1 ? 'RUNNING' : 'SUCCESS',
        ...bad && i === 700 % names.length ? {error: text} : {}}])),
      metrics: {committed_rows: run.rows ?? 5000, bytes: run.bytes ?? 1600000,
        states_saved: 4,
        estimated_rows: {stream_1: 100},
        ...bad ? {failure: failure('config_error', 'source', text)} : {}}};
  }

  // A run that waits, or that ended before it could read.
  unread(id, run) {
    const waits = run.status === 'WAITING';
    const error = waits ? run.trigger === 'retry' ? null
      : 'an earlier run still ends' : 'the source could not say '
      + 'what it has (discover): the image cannot be pulled (config_error)';
    return {syncId: id, taskId: run.taskId, package: 'airbyte/source-demo',
      version: '1', startedAt: run.startedAt, updatedAt: run.updatedAt,
      startedBy: {trigger: 'manual'}, status: waits ? 'RUNNING' : 'FAILED',
      command: 'read', storageKey: null, error, description: null,
      metrics: waits ? null : {failure: {failureOrigin: 'source',
        failureType: 'config_error', externalMessage: error}},
      run: {...run, error, status: waits ? 'WAITING' : 'FAILED'},
      asked: waits ? null : 'discover:airbyte/source-demo:1:sync:' + id};
  }

  listTasks(query) {
    const all = [...this.syncs.keys()].slice(0, 300).map(id =>
      this.task(`${id}-run-0`)).filter(one => one && !one.run)
      .concat([...this.tasks.values()])
      .sort((a, b) => b.started_at < a.started_at ? -1 : 1);
    const wanted = (query.status || '').split(',').filter(Boolean);
    const fits = all.filter(one => (wanted.length === 0
      || wanted.includes(one.status)) && (!query.syncId
      || one.sync_id === query.syncId) && (!query.kind
      || one.command === query.kind));
    const first = Number(query.before || 0);
    const limit = Number(query.limit || 100);
    const counts = {};
    for (const one of all)
      counts[one.status] = (counts[one.status] || 0) + 1;
    return {tasks: fits.slice(first, first + limit), counts,
      ...fits.length > first + limit ? {next: String(first + limit)} : {}};
  }

  // A million lines; every thousandth warns, every hundred thousandth fails.
  line(id, i) {
    const level = i % 100000 === 99999 ? 'ERROR' : i % 1000 === 999 ? 'WARN'
      : 'INFO';
    return {id: String(i), level, logger: 'source',
      message: id.startsWith(hostile) ? hostile
        : `line ${i}${level === 'ERROR' ? ' has a needle' : ''}`,
      timestamp: iso(this.now - 3600000 + i * 3), cursor: 'c' + i};
  }

  logs(id, query) {
    const count = id.startsWith(hostile) ? 3 : 1000000;
    const rank = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR', 'FATAL'];
    const least = rank.indexOf(query.level || 'TRACE');
    const words = (query.q || '').toLowerCase().split(' ').filter(Boolean);
    const limit = Number(query.limit || 100);
    const fits = i => {
      const line = this.line(id, i);
      return rank.indexOf(line.level) >= least
        && words.every(word => line.message.toLowerCase().includes(word));
    };
    const out = [];
    const back = query.before !== undefined;
    let i = back ? (query.before === 'end' ? count
      : Number(query.before.slice(1))) - 1
      : query.after ? Number(query.after.slice(1)) + 1 : 0;
    // A search looks at so many lines at most, and says how far it came.
    let looked = 0;
    for (; i >= 0 && i < count && out.length < limit && looked < 200000;
      i += back ? -1 : 1, ++looked)
      if (fits(i))
        out.push(this.line(id, i));
    const more = i >= 0 && i < count;
    return {logs: back ? out.reverse() : out, more,
      ...more ? {next: 'c' + (back ? i + 1 : i - 1)} : {}};
  }

  async put_(id, body) {
    const is = this.syncs.has(id);
    this.put(id, 'READING', is ? this.runs.get(id).count : 0);
    this.syncs.get(id).definition = body;
    return is ? 200 : 201;
  }

  // [status, document]
  async answer(method, path, query, body, headers) {
    const parts = path.split('/').slice(1).map(decodeURIComponent);
    const good = document => [200, {ok: true, ...document}];
    const none = [404, {ok: false, error: 'there is no such thing',
      code: 'not_found'}];
    const [first, id, third] = parts;
    if (path === '/health')
      return [200, {status: 'pass', leader: true}];
    if (path === '/syncs')
      return good(this.listSyncs(query));
    if (first === 'syncs') {
      if (method === 'PUT') {
        const match = headers['if-match'];
        if (headers['if-none-match'] && this.syncs.has(id)
            || match && match !== `"${this.syncs.get(id)?.version}"`)
          return [412, {ok: false, error: 'it is there', code: 'precondition'}];
        const fault = this.faults.find(([part]) =>
          JSON.stringify(body).includes(part));
        if (fault)
          return [400, {ok: false, error: fault[1], code: 'bad_request'}];
        const status = await this.put_(id, body);
        return [status, {ok: true, ...this.shown(id)}];
      }
      if (!this.syncs.has(id))
        return none;
      if (method === 'DELETE') {
        this.syncs.delete(id);
        return good({});
      }
      if (method === 'GET')
        return third === 'runs' ? good(this.listRuns(id, query))
          : third === 'changes' ? good({changes: id === oneSync ? [{
            at: iso(this.now - day), newStreams: ['public.pets'],
            goneStreams: [], newColumns: [{stream: 'public.orders',
              column: 'tax', type: 'number'}], goneColumns: [],
            changedTypes: [{stream: 'public.orders', column: 'id',
              from: 'integer', to: 'string'}], action: 'follow_columns'}] : []})
            : good(this.shown(id));
      if (third === 'pause')
        this.syncs.get(id).paused = 'by hand';
      if (third === 'resume')
        this.syncs.get(id).paused = null;
      if (third === 'cancel')
        this.runs.get(id).status = 'CANCELLED';
      if (third === 'run') {
        const runs = this.runs.get(id);
        runs.status = 'READING';
        ++runs.count;
        return good({taskId: `${id}-run-0`, status: 'WAITING'});
      }
      // One of two receivers takes it.
      if (third === 'notifications')
        return good({notifications: [{ok: true, error: null},
          {ok: false, error: 'hooks.example answered 410'}]});
      return good({taskId: `${id}-run-0`, streams: []});
    }
    if (path === '/tasks')
      return good(this.listTasks(query));
    if (first === 'tasks') {
      const task = this.task(id);
      if (!task)
        return none;
      if (third === 'logs')
        return good(this.logs(id, query));
      const {of, run, asked, ...shown} = task;
      return good({task: shown, ...run ? {run, asked} : of ? {run: of} : {}});
    }
    if (path === '/states')
      return good({states: query.syncId === hostile
        ? [{stream: hostile, state: hostile, omitted: false, timestamp: null}]
        : [{stream: 'public.orders', state: '{"cursor":12345678901234567890123}',
          omitted: false, timestamp: iso(this.now - 3600000)}]});
    if (first === 'catalogs')
      return good({catalog: this.catalog, status: 'SUCCESS', error: null});
    if (first === 'tables')
      return third ? good({columns: ['id', 'total', 'note'],
        rows: Array.from({length: 50}, (_, i) => [i, i * 1.5,
          i === 0 ? hostile : null]), more: true})
        : good({tables: [{name: 'orders', stream: 'public.orders',
          readable: true, location: 'public.orders of rows'},
        {name: 'pets', stream: 'public.pets', readable: false,
          reason: 'it is not there yet'}]});
    if (path === '/connectors')
      return good({connectors: this.connectors});
    if (path === '/specs' || path === '/spec') {
      const name = `${query.package}:${query.version}`;
      if (path === '/spec')
        this.told.add(name);
      const spec = name === 'airbyte/source-new:2' && !this.told.has(name)
        ? undefined : this.specs.get(name);
      return spec ? good({spec, error: null, at: iso(this.now)})
        : path === '/spec' ? good({spec: null, status: 'FAILED',
          error: 'there is no such image', at: iso(this.now)}) : none;
    }
    if (path === '/check')
      return body.config && !body.config.api_key
        ? good({status: 'FAILED', message: 'the key is wrong'})
        : good({status: 'SUCCESS', message: ''});
    if (path === '/discover')
      return good({catalog: this.catalog, status: 'SUCCESS'});
    if (path === '/system')
      return good({version: '0.1.0', instance: 'host-1', leader: 'host-1',
        isLeader: true, replicas: ['host-1', 'host-2'], runtime: 'process',
        database: {kind: 'sqlite', ok: true, milliseconds: 0.4},
        disk: [{folder: '/data', freeBytes: 5e9, totalBytes: 1e11}],
        tasks: {running: 3, most: 8, waitingStarts: 1}, syncs: {kept: true},
        startedAt: iso(this.now - day)});
    if (path === '/cancel')
      return good({status: 'ok'});
    return none;
  }

  async handle(request, response) {
    const url = new URL(request.url, 'http://localhost');
    if (url.pathname === '/') {
      const {html, policy} = readPage(process.env.PAGE_HTML);
      response.writeHead(200, {'Content-Type': 'text/html; charset=utf-8',
        'Content-Security-Policy': policy});
      response.end(html);
      return;
    }
    let text = '';
    for await (const part of request)
      text += part;
    const query = Object.fromEntries(url.searchParams);
    const body = text ? JSON.parse(text) : undefined;
    this.requests.push({method: request.method, path: url.pathname, query, body,
      headers: request.headers});
    if (url.pathname.endsWith('/logs.txt')) {
      response.writeHead(200, {'Content-Type': 'text/plain'});
      response.end('the whole log\n');
      return;
    }
    if (this.tokens.length > 0 && url.pathname !== '/health'
        && !this.tokens.includes((request.headers.authorization || '').slice(7))) {
      response.writeHead(401, {'Content-Type': 'application/json'});
      response.end('{"ok":false,"error":"a token is needed"}');
      return;
    }
    const [status, document] = await this.answer(request.method, url.pathname,
      query, body, request.headers);
    response.writeHead(status, {'Content-Type': 'application/json'});
    response.end(JSON.stringify(document));
  }

  async start() {
    this.server = createServer((request, response) =>
      this.handle(request, response).catch(error => {
        response.writeHead(500);
        response.end(String(error));
      }));
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    this.url = `http://127.0.0.1:${this.server.address().port}`;
    return this;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise(done => this.server.close(done));
  }
}
