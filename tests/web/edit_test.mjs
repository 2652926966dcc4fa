// A sync that is opened for editing and saved without a change stays as it is,
// with syncctl and a connector as they are. The connector leaves the config that
// it was given where this can read it.

import assert from 'node:assert/strict';
import {readFileSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Syncctl, openWithToken} from './real_syncctl.mjs';
import {complaints, startBrowser, stopBrowser, until} from './support.mjs';

let syncctl;
let page;

before(async () => {
  syncctl = await new Syncctl().start();
  await startBrowser();
  page = await openWithToken(syncctl);
});

after(async () => {
  await stopBrowser();
  await syncctl?.stop();
});

const secret = more => ({type: 'string', airbyte_secret: true, ...more});
const login = {type: 'object', title: 'Login', oneOf: [
  {title: 'OAuth', required: ['auth_type', 'client_id', 'client_secret'],
    properties: {auth_type: {type: 'string', const: 'OAuth'},
      client_id: {type: 'string'}, client_secret: secret(),
      tenant: {type: 'string', enum: ['eu', 'us']}}},
  {title: 'Key', properties: {auth_type: {type: 'string', enum: ['Key']},
    api_key: secret(), rate: {type: 'integer'}, on: {type: 'boolean'}}}]};

// {properties of the config, config, more of the sync}
const table = {
  'a login of the first form': {
    properties: {credentials: login, start: {type: 'string'}},
    config: {start: 'x', credentials: {auth_type: 'OAuth', client_id: 'an-id',
      client_secret: 'a-secret-1', tenant: 'us'}}},
  'a login of the second form': {
    properties: {credentials: login},
    config: {credentials: {auth_type: 'Key', api_key: 'a-secret-2', rate: 12,
      on: false}}},
  'secrets that are numbers and enums': {
    properties: {pin: {type: 'integer', airbyte_secret: true},
      ratio: {type: 'number', airbyte_secret: true},
      either: secret({enum: ['one-thing', 'another-thing']}),
      kind: {type: 'string', airbyte_secret: true, const: 'fixed-thing'}},
    config: {pin: 123456, ratio: 1.25, either: 'another-thing',
      kind: 'fixed-thing'}},
  'a login of no form': {
    properties: {credentials: login},
    config: {credentials: {auth_type: 'Unknown', other: 'a-secret-3'}}},
  'secrets in lists': {
    properties: {accounts: {type: 'array', items: {type: 'object', properties: {
      token: secret(), name: {type: 'string'}}}},
    keys: {type: 'array', items: secret()}},
    config: {accounts: [{name: 'a', token: 'a-secret-4'}, {token: 'a-secret-5'}],
      keys: ['a-secret-6', 'a-secret-7']}},
  'what its form cannot show': {
    properties: {text: {type: 'string'}, port: {type: 'integer'},
      on: {type: 'boolean'}, mode: {enum: ['a', 'b']}, hosts: {type: 'array',
        items: {type: 'string'}}, tunnel: {type: 'object', oneOf: [
        {properties: {kind: {const: 'none'}}}]}},
    config: {text: 'one\ntwo', port: '5432', on: 'true', mode: 'c', hosts: [],
      tunnel: {kind: 'ssh', host: 'h'}},
    more: {retries: {delaysSeconds: [], pauseAfter: 3}, options: {},
      notifications: [{url: 'https://example.com/hook', events: []}]}},
  'a secret that is an object': {
    properties: {account: {type: 'object', airbyte_secret: true, properties: {
      user: {type: 'string'}, word: {type: 'string'}}}},
    config: {account: {user: 'somebody', word: 'a-secret-8'}}}};

// @returns the config of the sync's last read.
const readConfig = id => JSON.parse(readFileSync(
  join(syncctl.folder, id + '.json'), 'utf8'));

async function makeSync(id, properties, config, more) {
  const script = join(syncctl.folder, id + '.sh');
  const line = (type, value) => `echo '${JSON.stringify(
    {type, [type.toLowerCase()]: value})}'`;
  writeFileSync(script, ['case $1 in', 'spec)', line('SPEC',
    {connectionSpecification: {type: 'object', properties}}), ';;', 'discover)',
  line('CATALOG', {streams: [{name: 'users', json_schema: {properties: {id:
    {type: 'integer'}}}, supported_sync_modes: ['full_refresh']}]}), ';;',
  // The config follows --config.
  'read)', `cp "$3" '${join(syncctl.folder, id + '.json')}'`,
  line('TRACE', {type: 'STREAM_STATUS', emitted_at: 1, stream_status: {
    stream_descriptor: {name: 'users'}, status: 'COMPLETE'}}), ';;', 'esac', '']
    .join('\n'));
  syncctl.install('source-' + id, '/bin/sh', script);
  const put = await syncctl.ask('PUT', '/syncs/' + id, {source: {
    package: 'airbyte/source-' + id, version: '1', config},
  destination: {destinationType: 'sqlite', path: id + '.db'}, ...more});
  assert.equal(put.status, 201, put.error);
}

async function openEdit(id) {
  await page.goto(`${syncctl.url}/#/sync/${id}/edit`);
  await page.getByText('Its form is below.').waitFor();
}

// Saves in the edit form, and @returns the definition that was sent.
async function saveUnchanged(id) {
  const sent = page.waitForRequest(one => one.method() === 'PUT');
  await page.getByRole('button', {name: 'Save', exact: true}).click();
  const body = (await sent).postDataJSON();
  await until(() => page.url(), url => url.endsWith('#/sync/' + id));
  return body;
}

let count = 0;
for (const [name, {properties, config, more = {}}] of Object.entries(table))
  test(`a save without a change keeps ${name}`, async () => {
    const id = `kept${++count}`;
    await makeSync(id, properties, config, more);
    await openEdit(id);
    const {definition} = await syncctl.ask('GET', '/syncs/' + id);
    const body = await saveUnchanged(id);
    assert.deepEqual(body.source.config, definition.source.config);
    for (const part of Object.keys(more))
      assert.deepEqual(body[part], definition[part], part);
    await syncctl.ask('POST', `/syncs/${id}/run?wait=60`);
    assert.deepEqual(readConfig(id), config);
    // Nor is anything lost if the page is loaded anew before.
    await openEdit(id);
    await page.getByLabel('Prefix of the tables').evaluate(one => {
      one.value = 'p_';
      one.dispatchEvent(new Event('input'));
    });
    await until(() => page.evaluate(key => sessionStorage.getItem(key),
      'draft ' + id), text => text?.includes('p_'));
    await page.reload();
    await page.getByText('This goes on from what you had typed').waitFor();
    await saveUnchanged(id);
    await syncctl.ask('POST', `/syncs/${id}/run?wait=60`);
    assert.deepEqual(readConfig(id), config);
  });

test('the page never complained', () => {
  assert.deepEqual(complaints, []);
});
