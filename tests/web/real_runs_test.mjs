// What a person does with syncs that are there, with syncctl, its sidecar and a
// connector as they are.

import assert from 'node:assert/strict';
import {execFileSync} from 'node:child_process';
import {createHash} from 'node:crypto';
import {mkdirSync, writeFileSync} from 'node:fs';
import {join} from 'node:path';
import {after, before, test} from 'node:test';
import {Syncctl, openWithToken, root} from './real_syncctl.mjs';
import {complaints, focusOf, picture, startBrowser, stopBrowser, until} from
  './support.mjs';

let syncctl;

before(async () => {
  syncctl = await new Syncctl().start();
  syncctl.install('source-gated', process.execPath,
    join(root, 'tests/web/gated_connector.mjs'));
  mkdirSync(join(syncctl.folder, 'gates'));
  await startBrowser();
});

after(async () => {
  await stopBrowser();
  await syncctl?.stop();
});

const heading = page => page.locator('.verdict h2');
const digest = text => createHash('sha256').update(text).digest('hex');
const states = async id => (await syncctl.ask('GET', `/states?syncId=${id}`))
  .states;

// A gate is a FIFO: a read waits until somebody has written into it.
function makeGate(id) {
  const gate = join(syncctl.folder, 'gates', id);
  execFileSync('mkfifo', [gate]);
  return gate;
}

async function keep(id, {gate, ...more} = {}) {
  const kept = await syncctl.ask('PUT', '/syncs/' + id, {
    source: {package: 'airbyte/source-gated', version: 'local',
      config: {api_key: 'first-secret', ...gate ? {gate} : {}}},
    destination: {destinationType: 'sqlite', path: 'rows.db'},
    options: {tableNamePrefix: id + '_'}, schedule: null,
    retries: {delaysSeconds: [], pauseAfter: 0}, ...more});
  assert.equal(kept.status, 201, JSON.stringify(kept));
}

async function begin(id) {
  const run = await syncctl.ask('POST', `/syncs/${id}/run`);
  assert.ok(run.taskId, JSON.stringify(run));
  return run.taskId;
}

// Runs it once to its end.
async function runWhole(id) {
  const task = await begin(id);
  await until(async () => (await syncctl.ask('GET', `/syncs/${id}`)).lastRun,
    run => run.taskId === task && run.status === 'SUCCESS');
}

test('a run that reads is cancelled, and what it committed stays', async () => {
  await keep('cancelled', {gate: makeGate('cancelled')});
  const page = await openWithToken(syncctl, '#/sync/cancelled');
  await page.getByRole('button', {name: 'Run cancelled'}).click();
  await until(() => page.locator('.verdict h2').textContent(),
    text => /^Reading for/.test(text));
  await page.getByRole('link', {name: 'Look at this run'}).click();
  await heading(page).getByText(/^Running for/).waitFor();
  await page.locator('#streams').getByText('orders').waitFor();
  await page.getByRole('button', {name: 'Cancel', exact: true}).click();
  // A slip of Enter does nothing.
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#question').isHidden());
  await page.getByRole('button', {name: 'Cancel', exact: true}).click();
  await page.getByRole('button', {name: 'Cancel the run'}).click();
  await heading(page).getByText(/^Cancelled after/).waitFor();
  await page.getByText('Run it again when you like').waitFor();
  await picture(page, 'real-cancelled');
  await page.goto(syncctl.url + '/#/sync/cancelled');
  await heading(page).getByText(/^Cancelled/).waitFor();
  await page.getByRole('button', {name: 'Run cancelled'}).waitFor();
  await page.context().close();
});

test('a sync is deleted, and its tables stay', async () => {
  await keep('deleted');
  await runWhole('deleted');
  const page = await openWithToken(syncctl, '#/sync/deleted/settings');
  await page.getByRole('button', {name: 'Delete', exact: true}).click();
  await page.getByRole('button', {name: 'No', exact: true}).click();
  assert.equal(await focusOf(page), 'Delete');
  await page.getByRole('button', {name: 'Delete', exact: true}).click();
  await page.getByRole('button', {name: 'Delete the sync'}).click();
  await until(() => page.title(), title => /^Syncs/.test(title));
  await until(() => page.locator('tbody tr').allTextContents(),
    all => all.every(text => !text.startsWith('deleted')));
  assert.equal((await syncctl.ask('GET', '/syncs/deleted')).status, 404);
  assert.equal(syncctl.count('deleted_orders'), 2);
  await page.context().close();
});

test('a secret that is not touched stays, and one that is typed replaces it',
  async () => {
    await keep('secrets');
    await runWhole('secrets');
    const keys = () => syncctl.query(
      'SELECT DISTINCT key FROM "secrets_orders" ORDER BY key').split('\n');
    assert.deepEqual(keys(), [digest('first-secret')]);
    const page = await openWithToken(syncctl, '#/sync/secrets/edit');
    const key = page.getByLabel('API key');
    await key.waitFor();
    await until(() => key.getAttribute('placeholder'),
      text => text === 'stays as it is');
    assert.doesNotMatch(await page.content(), /first-secret/);
    await page.getByLabel('Gate').fill('/nowhere');
    await page.getByRole('button', {name: 'Save and run'}).click();
    await heading(page).getByText(/^Succeeded/).waitFor();
    assert.deepEqual(keys(), [digest('first-secret')]);
    await page.goto(syncctl.url + '/#/sync/secrets/edit');
    await key.fill('second-secret');
    await page.getByRole('button', {name: 'Save', exact: true}).click();
    await page.getByRole('link', {name: 'Schema changes'}).waitFor();
    await runWhole('secrets');
    assert.deepEqual(keys(), [digest('second-secret')]);
    await page.context().close();
  });

test('what a change means for saved states is said where one comes to',
  async () => {
    await keep('noted');
    await runWhole('noted');
    const page = await openWithToken(syncctl, '#/sync/noted/edit');
    await page.getByLabel('API key').waitFor();
    await page.getByText('Tables', {exact: true}).click();
    await page.getByLabel('Prefix of the tables').fill('elsewhere_');
    await page.getByRole('button', {name: 'Save', exact: true}).click();
    const note = page.locator('.note');
    await note.first().waitFor();
    assert.match(await note.first().textContent(), /states/);
    await picture(page, 'real-notes');
    // Whoever comes later does not see it again.
    await page.getByRole('link', {name: 'Streams', exact: true}).click();
    await page.locator('.stream').first().waitFor();
    assert.equal(await note.count(), 0);
    await page.context().close();
  });

// Goes on by Tab until what has the focus fits.
async function tabTo(page, fits) {
  for (let i = 0; i < 300; ++i) {
    const now = await page.evaluate(() => {
      const one = document.activeElement;
      return [one.id, one.tagName, one.getAttribute('aria-label')
        || (one.labels?.[0] || one).textContent].join(' ');
    });
    if (fits.test(now))
      return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`no way by Tab to ${fits}`);
}

test('a sync is made, run and reset by the keyboard alone', async () => {
  const page = await openWithToken(syncctl, '#/');
  const {keyboard} = page;
  await until(() => page.locator('dialog[open]').count(), n => n === 0);
  const press = async (fits, key = 'Enter') => {
    await tabTo(page, fits);
    await keyboard.press(key);
  };
  const type = async (fits, text) => {
    await tabTo(page, fits);
    await keyboard.type(text);
  };
  await press(/ A New sync/);
  await until(() => focusOf(page), text => text === 'New sync');
  await type(/ INPUT Package/, 'airbyte/source-gated');
  await type(/ INPUT Version/, 'local');
  await press(/BUTTON Get its form/);
  await page.getByLabel('API key').waitFor();
  await type(/ INPUT API key/, 'typed-secret');
  const config = page.getByRole('region', {name: '2. Config'});
  await press(/BUTTON Check it/);
  await config.getByText('The connector says that it works.').waitFor();
  await press(/BUTTON Ask what the source has/);
  await page.getByText('The source has 1 stream.').waitFor();
  // Radios are one stop of Tab: the arrow goes to the other one.
  await press(/INPUT .*All that the source has/, 'ArrowRight');
  await press(/INPUT Read orders/, 'Space');
  await press(/BUTTON SQLite/);
  await type(/ INPUT Name of the sync/, 'by keys');
  await press(/BUTTON Save$/);
  // It leads back to what is wrong.
  await until(() => focusOf(page), text => text === 'sync-id');
  await keyboard.press('ControlOrMeta+a');
  await keyboard.type('by-keys');
  await tabTo(page, /SELECT It runs/);
  await keyboard.press('Home');
  await press(/SUMMARY Tables/);
  await type(/ INPUT Prefix of the tables/, 'by_keys_');
  await press(/BUTTON Save and run/);
  await heading(page).getByText(/^Succeeded/).waitFor();
  assert.equal(await focusOf(page), 'title');
  assert.equal(syncctl.count('by_keys_orders'), 2);
  assert.equal((await syncctl.ask('GET', '/syncs/by-keys')).definition.schedule,
    null);
  // Reset of one stream, from the sync's page.
  await press(/A Sync by-keys/);
  await until(() => focusOf(page), text => text === 'by-keys');
  await press(/A Streams/);
  await page.locator('.stream').first().waitFor();
  assert.equal((await states('by-keys')).length, 1);
  await press(/BUTTON Reset orders/);
  // The dialog begins at No.
  await keyboard.press('Escape');
  assert.equal(await focusOf(page), 'Reset');
  await keyboard.press('Enter');
  await keyboard.press('Enter');
  assert.equal((await states('by-keys')).length, 1);
  await keyboard.press('Enter');
  await press(/BUTTON Reset it/);
  await until(async () => (await states('by-keys')).length, n => n === 0);
  await until(() => focusOf(page), text => text === 'orders');
  await page.context().close();
});

test('a page that is open sees syncctl go and come back, and what became of a run',
  async () => {
    const gate = makeGate('restarted');
    await keep('restarted', {gate,
      retries: {delaysSeconds: [3600], pauseAfter: 0}});
    const page = await openWithToken(syncctl, '#/sync/restarted');
    await page.getByRole('button', {name: 'Run restarted'}).click();
    await heading(page).getByText(/^Reading for/).waitFor();
    const notice = () => page.locator('#notice').textContent();
    await syncctl.halt();
    await until(notice, text => /does not answer/.test(text));
    // What was there stays. A button that is pressed says why nothing comes of it.
    assert.equal(await page.locator('tbody tr').count(), 1);
    const pause = page.getByRole('button', {name: 'Pause restarted'});
    await pause.click();
    await until(() => pause.isEnabled());
    assert.match(await notice(), /does not answer/);
    // On a page that was not there before is nothing to press.
    await page.getByRole('link', {name: 'Settings', exact: true}).click();
    await until(notice, text => /does not answer/.test(text));
    const remove = page.getByRole('button', {name: 'Delete', exact: true});
    assert.equal(await remove.count(), 0);
    await syncctl.run();
    await until(notice, text => text === '');
    await remove.waitFor();
    await page.getByRole('link', {name: 'Runs', exact: true}).last().click();
    await page.getByRole('link', {name: 'Look at the run before'}).click();
    // On one machine tasks end with syncctl; the sync tries it again.
    await heading(page).getByText(/^Failed after/).waitFor();
    await page.locator('#streams').getByText('orders').waitFor();
    await page.getByRole('link', {name: 'Sync restarted'}).click();
    await heading(page).getByText(
      /^Waits until .* for try 2 of 2, since the last run ended as Failed/)
      .waitFor();
    assert.notEqual(await page.locator('.verdict .message').textContent(), '');
    await picture(page, 'real-waits');
    // Nobody has to wait for that.
    await page.getByRole('button', {name: 'Run restarted'}).click();
    await heading(page).getByText(/^Reading for .*, try 2 of 2/).waitFor();
    writeFileSync(gate, 'go on');
    await heading(page).getByText(/^Succeeded/).waitFor();
    assert.equal(syncctl.count('restarted_orders'), 2);
    await page.context().close();
  });

test('the page never broke its own policy', () => {
  assert.deepEqual(complaints, []);
});
