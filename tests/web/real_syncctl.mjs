// syncctl with its sidecar and connectors as they are, on this machine, for the
// tests of the page.
//
// PROGRAMS is the folder of the programs.

import assert from 'node:assert/strict';
import {execFileSync, spawn} from 'node:child_process';
import {once} from 'node:events';
import {chmodSync, copyFileSync, mkdirSync, mkdtempSync, openSync, readFileSync,
  rmSync, writeFileSync} from 'node:fs';
import {createServer} from 'node:net';
import {tmpdir} from 'node:os';
import {join, resolve} from 'node:path';
import {openPage, until} from './support.mjs';

export const root = resolve(import.meta.dirname ?? '.', '../..');
const programs = resolve(process.env.PROGRAMS);
const recordings = join(root, 'tests/recordings');
export const token = 'the-token-of-the-test';

async function freePort() {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const {port} = probe.address();
  await new Promise(done => probe.close(done));
  return port;
}

// syncctl on this machine, with the demo connector installed.
export class Syncctl {
  async start() {
    this.folder = mkdtempSync(join(tmpdir(), 'page-test-'));
    const home = join(this.folder, 'connectors/airbyte');
    mkdirSync(home, {recursive: true});
    copyFileSync(join(programs, 'demo-connector'), join(home, 'source-demo'));
    copyFileSync(join(recordings, 'faker.jsonl.zst'),
      join(home, 'source-demo.jsonl.zst'));
    this.port = await freePort();
    this.url = `http://127.0.0.1:${this.port}`;
    await this.run();
    return this;
  }

  // Starts the program, at its place of before if it was stopped.
  async run() {
    const env = Object.fromEntries(Object.entries(process.env).filter(
      ([name]) => !/^(SYNCCTL|CONSOLE|KUBERNETES)/.test(name)));
    const log = openSync(join(this.folder, 'syncctl.log'), 'a');
    this.child = spawn(join(programs, 'syncctl'), [], {
      stdio: ['ignore', log, log], env: {...env,
        SYNCCTL_RUNTIME: 'process', SYNCCTL_DATA_DIR: this.folder,
        SYNCCTL_HTTP_ADDRESS: '127.0.0.1', SYNCCTL_HTTP_PORT: String(this.port),
        SYNCCTL_AUTH_TOKENS: token}});
    await until(async () => {
      assert.equal(this.child.exitCode, null,
        readFileSync(join(this.folder, 'syncctl.log'), 'utf8'));
      return (await fetch(this.url + '/ready').catch(() => ({}))).ok;
    });
  }

  // A connector that is a program elsewhere, with arguments before its own.
  install(name, program, ...before) {
    const file = join(this.folder, 'connectors/airbyte', name);
    writeFileSync(file, `#!/bin/sh\nexec ${[program, ...before].map(
      one => `'${one}'`).join(' ')} "$@"\n`);
    chmodSync(file, 0o755);
  }

  // The answer of the API, whatever its status.
  async ask(method, path, body) {
    const answer = await fetch(this.url + path, {method, headers: {
      Authorization: 'Bearer ' + token, ...body
        ? {'Content-Type': 'application/json'} : {}},
    body: body && JSON.stringify(body)});
    return {status: answer.status, ...await answer.json()};
  }

  query(text) {
    return execFileSync('sqlite3', ['-readonly',
      // A run may write at this moment.
      '-cmd', '.timeout 60000',
      join(this.folder, 'rows/rows.db'), text], {encoding: 'utf8'}).trim();
  }

  count(table) {
    return Number(this.query(`SELECT count(*) FROM "${table}"`));
  }

  // Ends the program, and leaves what it has stored.
  async halt() {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null)
      await once(this.child, 'exit');
  }

  async stop() {
    await this.halt();
    rmSync(this.folder, {recursive: true, force: true});
  }
}

// Opens a page of it, and gives the token that it wants.
export async function openWithToken(syncctl, hash = '', options = {}) {
  const page = await openPage(syncctl.url + '/' + hash, options);
  await enter(page);
  return page;
}

export async function enter(page) {
  await page.getByText('syncctl wants a token.').waitFor();
  await page.locator('#token').fill(token);
  await page.keyboard.press('Enter');
}
