// Asks the API, and says what is wrong with it.

class ApiError extends Error {
  constructor(status, text, code) {
    super(text);
    this.status = status;
    this.code = code;
  }
}

function queryText(query) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== '' && value !== undefined && value !== null)
      parameters.set(name, value);
  return parameters.size > 0 ? '?' + parameters : '';
}

// Parameters that this server, an older one, does not know.
const unknownParameters = new Set();

// The answer's document, or a failure: an ApiError has the server's words. A GET
// is asked again without a parameter that the server does not know.
async function ask(path, options = {}) {
  const query = Object.fromEntries(Object.entries(options.query || {}).filter(
    ([name]) => options.method || !unknownParameters.has(name)));
  try {
    return await askOnce(path, {...options, query});
  } catch (error) {
    const unknown = error.status === 400 && !options.method
      && /^unknown parameter "(\w+)"/.exec(error.message);
    if (!unknown || !(unknown[1] in query))
      throw error;
    unknownParameters.add(unknown[1]);
    return ask(path, options);
  }
}

async function askOnce(path, options) {
  const {query, signal, seconds = 30, headers = {}, ...rest} = options;
  const token = sessionStorage.getItem('token');
  if (token)
    headers.Authorization = 'Bearer ' + token;
  if (rest.body !== undefined)
    headers['Content-Type'] = 'application/json';
  const patience = AbortSignal.timeout(seconds * 1000);
  const answer = await fetch(path + queryText(query), {
    ...rest, headers, cache: 'no-store',
    signal: signal ? AbortSignal.any([signal, patience]) : patience});
  const text = await answer.text();
  let body = {};
  try {
    body = JSON.parse(text);
  } catch {
    // Told below, by its status.
  }
  if (answer.ok && body.ok === true)
    return Object.assign(body, {tag: answer.headers.get('ETag')});
  if (answer.status === 401 && sessionStorage.getItem('token') === token)
    askForToken(token ? 'This token is not known.'
      : 'syncctl wants a token.');
  throw new ApiError(answer.status, plainText(body.error
    || `syncctl answered HTTP ${answer.status}.`), body.code);
}

const taskPath = id => '/tasks/' + encodeURIComponent(id);
const syncPath = id => '/syncs/' + encodeURIComponent(id);

// Whether somebody just asked for something else.
const isAbort = error => error.name === 'AbortError';
const notThere = error => error.status === 404;

const unreachable = 'syncctl does not answer; trying again.';
const wordsOf = error => error instanceof ApiError ? error.message
  : error.name === 'TimeoutError' || error instanceof TypeError ? unreachable
    : String(error.message || error);

const troubles = new Map();

// Says what is wrong with a part of the page, and takes it back.
function tell(part, error) {
  if (error)
    troubles.set(part, wordsOf(error));
  else
    troubles.delete(part);
  setText(at('notice'), [...new Set(troubles.values())].join(' '));
}

function tellNothing() {
  troubles.clear();
  setText(at('notice'), '');
}

// Calls `work` again and again: not while it runs, nor while nobody looks.
// `work` gives the milliseconds to the next call, null for none.
class Repeater {
  constructor(part, work) {
    this.part = part;
    this.work = work;
    this.onVisible = () => document.hidden || this.now();
    document.addEventListener('visibilitychange', this.onVisible);
  }

  // Anew, whatever is under way.
  async now() {
    if (this.stopped)
      return;
    clearTimeout(this.timer);
    this.controller?.abort();
    const controller = this.controller = new AbortController();
    let pause = 3000;
    try {
      pause = await this.work(controller.signal);
      if (controller === this.controller)
        tell(this.part);
    } catch (error) {
      if (controller.signal.aborted)
        return;
      tell(this.part, error);
      // Whoever closes the question for a token is not asked it again at once.
      if (error.status === 401)
        pause = null;
    }
    if (controller === this.controller && pause !== null)
      this.timer = setTimeout(this.onVisible, pause);
  }

  stop() {
    this.stopped = true;
    document.removeEventListener('visibilitychange', this.onVisible);
    clearTimeout(this.timer);
    this.controller?.abort();
    this.controller = null;
  }
}
