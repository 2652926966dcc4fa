// The whole way, with syncctl, its sidecar and a connector as they are: from a
// page without syncs to rows in a table. Once with the demo connector, and once
// with one from PyPI, if that can be reached.

import assert from 'node:assert/strict';
import {spawnSync} from 'node:child_process';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Syncctl, enter, root, token} from './real_syncctl.mjs';
import {complaints, lacks, openPage, picture, startBrowser, stopBrowser, until} from
  './support.mjs';

let syncctl;
let why;

before(async () => {
  syncctl = await new Syncctl().start();
  why = await lacks(syncctl.url, '/connectors');
  await startBrowser();
});

after(async () => {
  await stopBrowser();
  await syncctl?.stop();
});

// Makes a sync of the connector; `fill` fills in its config.
async function makeSync(page, {name, version, id, fill}) {
  if (name) {
    await page.getByLabel('Package').fill(name);
    await page.getByLabel('Version').fill(version);
    await page.keyboard.press('Enter');
  }
  const step = title => page.getByRole('region', {name: title});
  const config = step('2. Config');
  await config.getByRole('button', {name: 'Check it'}).waitFor();
  await fill(config);
  await config.getByRole('button', {name: 'Check it'}).click();
  await config.getByText('The connector says that it works.').waitFor();
  const streams = step('3. Streams');
  await streams.getByRole('button', {name: 'Ask what the source has'}).click();
  await streams.getByText(/The source has \d+ streams?\./).waitFor();
  const destination = step('4. Destination');
  await destination.getByRole('button', {name: /SQLite/}).click();
  await destination.getByRole('button', {name: 'Check it'}).click();
  await destination.getByText('It takes rows.').waitFor();
  const rest = step('5. Name and schedule');
  await rest.getByLabel('Name of the sync').fill(id);
  await rest.getByText('Tables', {exact: true}).click();
  await rest.getByLabel('Prefix of the tables').fill(id + '_');
  await page.getByRole('button', {name: 'Save and run'}).click();
  await until(() => page.locator('.verdict h2').textContent().catch(() => ''),
    text => /^(Succeeded|Partial|Failed)/.test(text));
  assert.match(await page.locator('.verdict h2').textContent(), /^Succeeded/);
}

test('from an empty page to rows in a table, with the demo connector',
  async context => {
    if (why) {
      context.skip(why);
      return;
    }
    const page = await openPage(syncctl.url + '/');
    await enter(page);
    await page.getByText('No syncs yet').waitFor();
    await page.getByRole('link', {name: 'Try the demo'}).click();
    // The demo's recording is filled in already.
    await makeSync(page, {id: 'demo', fill: config => until(() =>
      config.getByLabel('Recording').inputValue(), text => text !== '')});
    assert.ok(syncctl.count('demo_users') > 0);
    await page.locator('#lines .line').first().waitFor();
    await picture(page, 'whole-way-run');
    // It is found again from the first page on.
    await page.getByRole('link', {name: 'Syncs', exact: true}).click();
    await page.getByLabel('Table: Syncs')
      .getByRole('link', {name: 'demo', exact: true}).click();
    await page.getByRole('link', {name: 'Streams', exact: true}).click();
    await page.locator('tr').filter({hasText: 'users'}).first().waitFor();
    await page.getByRole('link', {name: 'Data', exact: true}).click();
    await page.locator('#table').selectOption('demo_users');
    await page.locator('tbody tr').first().waitFor();
    // A second run goes on; it is run from its own page.
    await page.getByRole('button', {name: 'Run demo'}).click();
    await page.getByRole('link', {name: 'Runs', exact: true}).last().click();
    await until(() => page.locator('tbody tr').filter({hasText: 'Succeeded'})
      .count(), count => count === 2);
    await picture(page, 'whole-way-sync');
    await page.context().close();
  });

test('a check that fails says why', async context => {
  if (why) {
    context.skip(why);
    return;
  }
  const page = await openPage(syncctl.url + '/#/new');
  await enter(page);
  await page.getByLabel('Package').fill('airbyte/source-demo');
  await page.getByLabel('Version').fill('1');
  await page.keyboard.press('Enter');
  await page.getByLabel('Recording').fill('/nowhere/at/all.jsonl');
  const config = page.getByRole('region', {name: '2. Config'});
  await config.getByRole('button', {name: 'Check it'}).click();
  await config.getByText(/It does not work: /).waitFor();
  await config.getByRole('link', {name: 'Its log'}).click();
  await page.locator('.verdict').waitFor();
  await page.context().close();
});

test('no secret comes back to the browser', async () => {
  const page = await openPage(syncctl.url + '/#/runs');
  await enter(page);
  await page.getByText('No run fits.').or(page.locator('tbody tr').first())
    .first().waitFor();
  const body = {source: {package: 'airbyte/source-demo', version: '1',
    config: {recording: '/nowhere', password: 'not-to-be-seen'}},
  destination: {destinationType: 'sqlite', path: 'rows.db'}, schedule: null};
  const put = await fetch(syncctl.url + '/syncs/secret', {method: 'PUT',
    headers: {Authorization: 'Bearer ' + token,
      'Content-Type': 'application/json'}, body: JSON.stringify(body)});
  assert.equal(put.status, 201, await put.text());
  for (const hash of ['#/sync/secret/settings', '#/sync/secret/edit']) {
    await page.goto(syncctl.url + '/' + hash);
    await until(() => page.evaluate(() => document.body.innerText.length > 200));
    assert.doesNotMatch(await page.content(), /not-to-be-seen/);
  }
  await page.context().close();
});

test('the same with a connector from PyPI', async context => {
  if (why) {
    context.skip(why);
    return;
  }
  const installed = spawnSync('python3', [join(root,
    'tests/conformance/conformance.py'), '--install', 'faker'],
  {encoding: 'utf8'});
  if (installed.status === 77) {
    context.skip(installed.stdout.trim());
    return;
  }
  assert.equal(installed.status, 0, installed.stderr);
  const lines = installed.stdout.trim().split('\n');
  syncctl.install('source-faker', join(lines.at(-1), 'source-faker'));
  const page = await openPage(syncctl.url + '/#/new');
  await enter(page);
  await makeSync(page, {name: 'airbyte/source-faker', version: '7.2.1',
    id: 'faker', fill: config => config.getByLabel('Count').fill('200')});
  assert.equal(syncctl.count('faker_users'), 200);
  await picture(page, 'whole-way-pypi');
  await page.context().close();
});

test('the page never broke its own policy', () => {
  assert.deepEqual(complaints, []);
});
