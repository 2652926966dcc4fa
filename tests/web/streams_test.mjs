// Streams are chosen in the page, with cursor, key and columns.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {MadeUp} from './made_up_syncs.mjs';
import {axeFinds, complaints, openPage, startBrowser, stopBrowser, until}
  from './support.mjs';

let server;
let page;

before(async () => {
  server = await new MadeUp({empty: true}).start();
  const text = {type: 'string'};
  server.catalog = {streams: [{name: 'orders',
    supported_sync_modes: ['full_refresh', 'incremental'],
    default_cursor_field: ['meta', 'updated_at'], json_schema: {properties: {
      id: text, 'a.b': text, 'x.y': {properties: {'z.z': text}},
      meta: {properties: {updated_at: text}}}}}]};
  await startBrowser();
  page = await openPage(server.url + '/#/new?demo=1', {bypassCSP: true});
  await page.getByLabel('API key').fill('x');
  await page.getByRole('button', {name: 'Ask what the source has'}).click();
  await page.getByLabel('Only those chosen below').check();
  await page.getByLabel('Read orders').check();
});

after(async () => {
  await stopBrowser();
  await server?.stop();
});

const chosen = () => page.evaluate(() => open.page.chooser.get()[0]);

// {as it is typed: as a definition has it}
const paths = {id: 'id', 'meta.updated_at': ['meta', 'updated_at'],
  'a.b': 'a.b', 'x.y.z.z': ['x.y', 'z.z'], 'x.y.q.r': ['x.y', 'q', 'r'],
  'no.such': ['no', 'such'], nothing: 'nothing'};

for (const [typed, path] of Object.entries(paths))
  test(`the path of a column: ${typed}`, async () => {
    await page.getByLabel('Mode of orders').selectOption('incremental');
    const cursor = page.getByLabel('Cursor of orders');
    assert.equal(await cursor.getAttribute('placeholder'), 'meta.updated_at');
    await cursor.fill(typed);
    await cursor.blur();
    assert.deepEqual((await chosen()).cursorField, path);
    assert.equal(await cursor.inputValue(), typed);
    const key = page.getByLabel('Key of orders');
    await key.fill(`id, ${typed}`);
    await key.blur();
    assert.deepEqual((await chosen()).primaryKey, ['id', path]);
    await cursor.fill('');
    await cursor.blur();
    assert.equal((await chosen()).cursorField, undefined);
  });

test('the last column of a stream stays', async () => {
  await page.getByText('all 4').click();
  const boxes = page.locator('details[open] input[type=checkbox]');
  for (const name of ['id', 'a.b', 'x.y'])
    await page.getByLabel(name, {exact: true}).uncheck();
  assert.deepEqual((await chosen()).columns, ['meta']);
  await page.getByLabel('meta', {exact: true}).click();
  await page.getByText('One column must stay.').waitFor();
  assert.deepEqual(await boxes.evaluateAll(all => all.map(one => one.checked)),
    [false, false, false, true]);
  assert.deepEqual((await chosen()).columns, ['meta']);
  assert.deepEqual(await axeFinds(page), []);
  await page.getByLabel('id', {exact: true}).check();
  await until(() => page.getByText('One column must stay.').count(),
    count => count === 0);
  assert.deepEqual((await chosen()).columns, ['id', 'meta']);
});

test('chosen streams have their columns once the source was asked', async () => {
  server.put('some', 'SUCCESS', 1);
  const {definition} = server.syncs.get('some');
  definition.streams = [{name: 'orders'}, {name: 'lost'}];
  definition.source.config = {api_key: 'x', shop: 'north'};
  await page.goto(server.url + '/#/sync/some/edit');
  await page.getByLabel('Read orders').waitFor();
  // Nobody has said yet that one is not there.
  const gone = page.getByText('the source does not have this stream');
  assert.equal(await gone.count(), 0);
  await page.getByRole('button', {name: 'Ask what the source has'}).click();
  await page.getByText('all 4').waitFor();
  assert.deepEqual(await page.locator('tr', {has: gone}).locator('b')
    .allTextContents(), ['lost']);
  await page.getByLabel('Mode of orders').selectOption('incremental');
  await page.getByLabel('Cursor of orders').fill('meta.updated_at');
  await page.getByLabel('Cursor of orders').blur();
  assert.deepEqual((await chosen()).cursorField, ['meta', 'updated_at']);
});

test('the page never complained', () => {
  assert.deepEqual(complaints, []);
});
