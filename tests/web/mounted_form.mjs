// A form in a page, for tests of forms.

import assert from 'node:assert/strict';
import {test} from 'node:test';
import {MadeUp} from './made_up_syncs.mjs';
import {axeFinds, openPage, startBrowser, stopBrowser} from './support.mjs';

let server;
export let page;

export async function begin() {
  server = await new MadeUp({empty: true}).start();
  await startBrowser();
  page = await openPage(server.url + '/#/nothing', {bypassCSP: true});
}

export async function end() {
  await stopBrowser();
  await server?.stop();
}

// The page's own class, in the page.
export const mount = (schema, value) => page.evaluate(([of, given]) => {
  window.form = new SchemaForm(of);
  if (given !== null)
    window.form.set(given);
  at('main').replaceChildren(make('div', {},
    make('h1', {}, 'A form'), window.form.element));
}, [schema, value ?? null]);
export const value = () => page.evaluate(() => window.form.get());
export const draft = () => page.evaluate(() => window.form.draft());
export const check = () => page.evaluate(() => window.form.check());
export const field = label => page.getByLabel(label, {exact: false}).first();
export const problems = async () => (await page.locator('.field .problem')
  .allTextContents()).filter(Boolean);

// For each row of the table a test that a form gives back what it was given, and runs
// nothing of it. A row has `schema`, `given`, and `draft` if that differs from `given`.
export function testWhatIsGivenBack(table) {
  for (const [name, {schema, given, draft: kept}] of Object.entries(table))
    test(`a form gives back what it is given: ${name}`, async () => {
      await mount(schema, given);
      assert.equal(JSON.stringify(await value()), JSON.stringify(given));
      assert.equal(await check(), true);
      assert.deepEqual(await draft(), kept ?? given);
      assert.equal(await page.evaluate(() => window.hacked), undefined);
      assert.equal(await page.locator('#main :is(img, script)').count(), 0);
      // As JSON, and back.
      await page.getByRole('button', {name: 'Edit as JSON'}).click();
      assert.deepEqual(await value(), given);
      await page.getByRole('button', {name: 'Edit as a form'}).click();
      assert.deepEqual(await value(), given);
      assert.deepEqual(await axeFinds(page), []);
    });
}

// A schema with two forms.
export const login = {type: 'object', title: 'Login', oneOf: [
  {title: 'By key', required: ['kind', 'key'], properties: {
    kind: {type: 'string', const: 'key'},
    key: {type: 'string', title: 'Key', airbyte_secret: true}}},
  {title: 'By name', required: ['kind', 'user'], properties: {
    kind: {type: 'string', const: 'name'},
    user: {type: 'string', title: 'User'},
    password: {type: 'string', title: 'Password', airbyte_secret: true}}}]};
