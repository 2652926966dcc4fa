// A sync is made and changed in the page, with made up answers.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {MadeUp, oneSync} from './made_up_syncs.mjs';
import {axeFinds, complaints, openPage, picture, startBrowser, stopBrowser,
  until} from './support.mjs';

let server;

before(async () => {
  server = await new MadeUp().start();
  await startBrowser();
});

after(async () => {
  await stopBrowser();
  await server?.stop();
});

const open = (hash, options) => openPage(`${server.url}/${hash}`, options);
const step = (page, name) => page.getByRole('region', {name});
const last = (method, path) => server.requests.filter(
  one => one.method === method && one.path === path).at(-1);

test('from a connector to a run, with what is posted shown', async () => {
  const page = await open('#/new', {bypassCSP: true});
  await page.getByRole('button', {name: /Demo/}).click();
  const config = step(page, '2. Config');
  await config.getByLabel('API key').waitFor();
  // A key that is missing is seen before anything is sent.
  await config.getByRole('button', {name: 'Check it'}).click();
  await config.getByText('This is required.').waitFor();
  assert.equal(last('POST', '/check'), undefined);
  await config.getByLabel('API key').fill('the-secret');
  await config.getByRole('button', {name: 'Check it'}).click();
  await config.getByText('The connector says that it works.').waitFor();
  assert.deepEqual(last('POST', '/check').body,
    {config: {api_key: 'the-secret', shop: 'north'}});
  await config.getByText('As curl').click();
  await until(() => config.locator('pre').textContent(), text =>
    text.includes('"api_key": "<api_key>"') && text.includes('/check?package='));
  const streams = step(page, '3. Streams');
  await streams.getByRole('button', {name: 'Ask what the source has'}).click();
  await streams.getByText('The source has 1,000 streams.').waitFor();
  await streams.getByLabel('Only those chosen below').check();
  assert.equal(await streams.locator('tbody tr').count(), 50);
  await streams.getByLabel('Search streams').fill('orders');
  await streams.getByLabel('Read public.orders').check();
  await streams.getByLabel('Mode of public.orders').selectOption('incremental');
  await streams.getByLabel('Cursor of public.orders').fill('id');
  await streams.getByLabel('Key of public.orders').fill('id, meta.part');
  await streams.getByText('all 3').click();
  await streams.getByLabel('total').uncheck();
  await until(() => streams.locator('summary').first().textContent(),
    text => text === '2 of 3');
  const destination = step(page, '4. Destination');
  await destination.getByRole('button', {name: /Postgres/}).click();
  await destination.getByLabel('Host').fill('db');
  await destination.getByLabel('Database').fill('rows');
  await destination.getByLabel('User').fill('loader');
  await destination.getByLabel('Password').fill('another-secret');
  await destination.getByRole('button', {name: 'Check it'}).click();
  await destination.getByText('It takes rows.').waitFor();
  assert.equal(last('POST', '/check').body.destinationConfig.destinationType,
    'postgres');
  const rest = step(page, '5. Name and schedule');
  await rest.getByLabel('Name of the sync').fill('crm');
  await rest.getByLabel('It runs').selectOption('by a cron rule …');
  await rest.getByLabel('Minute, hour, day, month, weekday').fill('15 * * *');
  await rest.getByText('Tables', {exact: true}).click();
  await rest.getByLabel('Prefix of the tables').fill('crm_');
  const end = step(page, '6. Start');
  await end.getByRole('button', {name: 'Keep and run'}).click();
  await page.getByText('A rule has five parts').waitFor();
  await rest.getByLabel('Minute, hour, day, month, weekday').fill('15 * * * *');
  await end.getByText('As curl and as YAML').click();
  const [curl, yaml] = await until(() => end.locator('pre').allTextContents(),
    all => all.every(text => text.includes('crm_')));
  assert.match(curl, /curl --fail-with-body -X PUT '.*\/syncs\/crm'/);
  assert.match(yaml, /password: \$\{CRM_PASSWORD\}/);
  for (const text of [curl, yaml])
    assert.doesNotMatch(text, /the-secret|another-secret/);
  assert.deepEqual(await axeFinds(page), []);
  await picture(page, 'new-filled');
  await end.getByRole('button', {name: 'Keep and run'}).click();
  await until(() => page.url(), url => /#\/run\/crm-run-0\?sync=crm/.test(url));
  const {body, headers} = last('PUT', '/syncs/crm');
  assert.equal(headers['if-none-match'], '*');
  assert.deepEqual(body.source, {package: 'airbyte/source-demo', version: '1',
    config: {api_key: 'the-secret', shop: 'north'}});
  assert.deepEqual(body.streams, [{name: 'orders', namespace: 'public',
    syncMode: 'incremental', cursorField: 'id',
    primaryKey: ['id', ['meta', 'part']], columns: ['id', 'updated_at']}]);
  assert.equal(body.schedule.cron, '15 * * * *');
  assert.equal(body.options.tableNamePrefix, 'crm_');
  assert.equal(body.destination.password, 'another-secret');
  // Nothing of it stays in the browser.
  assert.equal(await page.evaluate(() => JSON.stringify({...sessionStorage,
    ...localStorage})), '{}');
  await page.context().close();
});

test('what is typed survives Escape, another page and a reload', async () => {
  const page = await open('#/new?package=airbyte/source-demo&version=1');
  await page.getByLabel('API key').fill('the-secret');
  await page.getByLabel('Shop').fill('south');
  await page.getByLabel('Name of the sync').fill('kept');
  await page.keyboard.press('Escape');
  assert.equal(await page.getByLabel('API key').inputValue(), 'the-secret');
  await page.getByRole('link', {name: 'System'}).click();
  await page.locator('.verdict.SUCCESS').waitFor();
  await page.goBack();
  // In the tab all is there, the secret included.
  assert.equal(await page.getByLabel('API key').inputValue(), 'the-secret');
  await until(() => page.evaluate(() => sessionStorage.getItem('draft ')),
    text => text && text.includes('south') && text.includes('kept'));
  assert.doesNotMatch(await page.evaluate(() => JSON.stringify(
    {...sessionStorage})), /the-secret/);
  await page.reload();
  await page.getByText('Secrets are not kept over a reload').waitFor();
  await until(() => page.getByLabel('Shop').inputValue(),
    text => text === 'south');
  assert.equal(await page.getByLabel('API key').inputValue(), '');
  assert.equal(await page.getByLabel('Name of the sync').inputValue(), 'kept');
  await page.getByRole('button', {name: 'Start afresh'}).click();
  await until(() => page.getByLabel('Name of the sync').inputValue(),
    text => text === '');
  await page.context().close();
});

test('a sync is changed, and its secrets stay', async () => {
  const page = await open(`#/sync/${oneSync}/edit`);
  await page.getByLabel('API key').waitFor();
  assert.equal(await page.getByLabel('API key').inputValue(), '');
  assert.ok(await page.getByLabel('Name of the sync').getAttribute('readonly')
    !== null);
  await page.getByLabel('Shop').fill('west');
  await step(page, '2. Config').getByRole('button', {name: 'Check it'}).click();
  await page.getByText('Secrets that stay as they are are not known').waitFor();
  await page.getByRole('button', {name: 'Keep only'}).click();
  await page.getByRole('link', {name: 'Schema changes'}).waitFor();
  const {body, headers} = last('PUT', `/syncs/${oneSync}`);
  assert.equal(headers['if-match'], '"7"');
  assert.deepEqual(body.source.config, {api_key: '***', shop: 'west'});
  assert.equal(body.destination.password, '***');
  assert.deepEqual(body.notifications, [{url: '***', format: 'slack',
    events: ['failed']}]);
  assert.deepEqual(body.labels, {team: 'data'});
  await page.context().close();
});

test('a connector that gives no form is told of, and a name that is taken',
  async () => {
    const page = await open('#/new');
    await page.getByLabel('Package').fill('nobody/knows');
    await page.getByLabel('Version').fill('1');
    await page.keyboard.press('Enter');
    await page.getByText('there is no such image').waitFor();
    // Its config can be given all the same; nothing tells what is secret in it.
    await page.getByLabel('The whole as JSON').first().fill('{"odd": "the-secret"}');
    await page.getByLabel('Name of the sync').fill('by-json');
    await until(() => page.evaluate(() => sessionStorage.getItem('draft ')),
      text => text && text.includes('by-json'));
    assert.doesNotMatch(await page.evaluate(() => JSON.stringify(
      {...sessionStorage})), /the-secret/);
    await page.getByText('As curl and as YAML').click();
    await until(() => page.locator('pre').last().textContent(),
      text => /by-json|<the config>/.test(text));
    assert.doesNotMatch((await page.locator('pre').allTextContents()).join(),
      /the-secret/);
    await page.getByRole('button', {name: 'Keep only'}).click();
    await until(() => last('PUT', '/syncs/by-json'));
    assert.deepEqual(last('PUT', '/syncs/by-json').body.source.config,
      {odd: 'the-secret'});
    await until(() => page.url(), url => url.endsWith('#/sync/by-json'));
    await page.goto(server.url + '/#/new');
    await page.getByRole('button', {name: 'Keep only'}).click();
    await page.getByText('Choose a connector and get its form first.').last()
      .waitFor();
    await page.getByRole('button', {name: /Demo/}).click();
    await page.getByLabel('API key').fill('x');
    await page.getByLabel('Name of the sync').fill(oneSync);
    await page.getByRole('button', {name: 'Keep only'}).click();
    await page.getByText('There is a sync of this name already.').waitFor();
    await page.context().close();
  });

test('a sync that is kept while one is elsewhere takes nobody back', async () => {
  const page = await open('#/new');
  await page.getByRole('button', {name: /Demo/}).click();
  await page.getByLabel('API key').fill('x');
  await page.getByLabel('Name of the sync').fill('kept-later');
  const asked = new Promise(resolve => page.route('**/syncs/kept-later',
    route => resolve(route)));
  await page.getByRole('button', {name: 'Keep only'}).click();
  const held = await asked;
  await page.getByRole('link', {name: 'System'}).click();
  await page.locator('.verdict.SUCCESS').waitFor();
  await held.continue();
  await until(() => page.locator('#announcer').textContent(),
    text => text === 'The sync kept-later is kept');
  assert.match(page.url(), /#\/system$/);
  await page.goto(server.url + '/#/new');
  await until(() => page.getByLabel('Name of the sync').inputValue(),
    text => text === '');
  await page.context().close();
});

test('a sync whose run does not begin is kept once', async () => {
  const page = await open('#/new');
  await page.getByRole('button', {name: /Demo/}).click();
  await page.getByLabel('API key').fill('x');
  await page.getByLabel('Name of the sync').fill('kept-unrun');
  await page.route('**/syncs/kept-unrun/run', route => route.fulfill(
    {status: 503, json: {ok: false, error: 'syncctl is stopping'}}));
  await page.getByRole('button', {name: 'Keep and run'}).click();
  await page.getByText('its run did not begin: syncctl is stopping').waitFor();
  assert.ok(await page.getByRole('button', {name: 'Keep and run'}).isDisabled());
  await page.getByRole('link', {name: 'The sync, from where'}).click();
  await until(() => page.url(), url => url.endsWith('#/sync/kept-unrun'));
  await page.context().close();
});

test('a token that is asked for on the way loses nothing', async () => {
  const guarded = await new MadeUp({tokens: ['the-token']}).start();
  for (const hash of ['#/new?demo=1', `#/sync/${oneSync}/edit`]) {
    const page = await openPage(guarded.url + '/' + hash);
    await page.getByText('syncctl wants a token.').waitFor();
    await page.locator('#token').fill('the-token');
    await page.keyboard.press('Enter');
    await page.getByLabel('API key').waitFor();
    await page.context().close();
  }
  await guarded.stop();
});

test('a sync that files manage is not changed here', async () => {
  server.syncs.get('sync-00000').managedBy = 'files';
  const page = await open('#/sync/sync-00000/settings');
  await page.getByText('is managed by files').waitFor();
  assert.ok(await page.getByRole('link', {name: 'Edit'}).isHidden());
  await page.goto(server.url + '/#/sync/sync-00000/edit');
  await page.getByText('is managed by files').waitFor();
  assert.ok(await page.getByRole('button', {name: 'Keep only'}).isDisabled());
  await page.context().close();
});

test('the page never broke its own policy', () => {
  assert.deepEqual(complaints, []);
});
