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
  await end.getByRole('button', {name: 'Save and run'}).click();
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
  await end.getByRole('button', {name: 'Save and run'}).click();
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

test('secrets that no specification marks stay out of storage and texts',
  async () => {
    server.specs.set('airbyte/source-unmarked:1', {connectionSpecification: {
      type: 'object', properties: {password: {type: 'string', title: 'Word'}}}});
    const page = await open('#/new?package=airbyte/source-unmarked&version=1');
    await page.getByLabel('Word').fill('TopSecret-0');
    const config = step(page, '2. Config');
    await config.getByRole('button', {name: 'Edit as JSON'}).click();
    const json = page.getByLabel('The whole as JSON').first();
    assert.match(await json.inputValue(), /TopSecret-0/);
    await json.fill(JSON.stringify({shop: 'kept', password: 'TopSecret-1',
      dsn: 'TopSecret-2', url: 'https://u:TopSecret-3@h/'}));
    await until(() => page.evaluate(() => sessionStorage.getItem('draft ')),
      text => text?.includes('kept') && !text.includes('TopSecret'));
    await page.getByText('As curl and as YAML').click();
    const texts = await until(() => page.locator('pre').allTextContents(),
      all => all.join().includes('kept'));
    assert.doesNotMatch(texts.join(), /TopSecret/);
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
  await page.getByRole('button', {name: 'Save', exact: true}).click();
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

const faultOf = async (page, label) => {
  const field = page.getByLabel(label, {exact: true});
  await until(() => field.evaluate(one => one === document.activeElement));
  assert.equal(await field.getAttribute('aria-invalid'), 'true');
  const [id] = (await field.getAttribute('aria-describedby')).split(' ').slice(-1);
  return page.locator('#' + id).textContent();
};

test('what is wrong stands at its field, where the keyboard goes', async () => {
  const page = await open('#/new');
  await page.getByRole('button', {name: /Demo/}).click();
  await page.getByLabel('API key').fill('x');
  const save = page.getByRole('button', {name: 'Save', exact: true});
  const name = page.getByLabel('Name of the sync');
  const count = () => server.requests.filter(one => one.method === 'PUT').length;
  const before_ = count();
  for (const [text, fault] of [['', /needs a name/], ['a b', /no spaces/],
    ['ä', /no other letters/], ['.', /must not be/], ['..', /must not be/]]) {
    await name.fill(text);
    await save.click();
    assert.match(await faultOf(page, 'Name of the sync'), fault);
  }
  await name.fill('faults');
  assert.equal(await name.getAttribute('aria-invalid'), null);
  const runs = page.getByLabel('It runs');
  await runs.selectOption('every');
  for (const text of ['', '59', '60.5', '31622401']) {
    await page.getByLabel('Seconds', {exact: true}).fill(text);
    await save.click();
    assert.match(await faultOf(page, 'Seconds'), /a whole number from 60 to/);
  }
  // None of this was sent.
  assert.equal(count(), before_);
  await runs.selectOption('cron');
  const cron = page.getByLabel('Minute, hour, day, month, weekday');
  await cron.fill('61 * * * *');
  server.faults = [['61 *', 'the body\'s schedule cron: minute: "61" is not '
    + 'between 0 and 59'], ['Mars', 'the body\'s schedule time zone "Mars" is not '
    + 'known'], ['"ns_', 'the body\'s options.namespace has a control character'],
  ['a b c', 'the body\'s source.config.shop is not one']];
  await save.click();
  assert.match(await faultOf(page, 'Minute, hour, day, month, weekday'),
    /cannot be used: minute: "61" is not between 0 and 59\./);
  await cron.fill('1 * * * *');
  assert.equal(await cron.getAttribute('aria-invalid'), null);
  await page.getByLabel('Time zone').fill('Mars');
  await save.click();
  assert.match(await faultOf(page, 'Time zone'), /"Mars" is not known/);
  await picture(page, 'new-fault');
  await page.getByLabel('Time zone').fill('UTC');
  // What is folded away is unfolded.
  await page.getByText('Tables', {exact: true}).click();
  await page.getByLabel('Namespace of the tables').fill('ns_');
  await page.getByText('Tables', {exact: true}).click();
  await save.click();
  assert.match(await faultOf(page, 'Namespace of the tables'),
    /It has a control character/);
  await page.getByLabel('Namespace of the tables').fill('');
  await page.getByLabel('Shop').fill('a b c');
  await save.click();
  assert.match(await faultOf(page, 'Shop'), /It is not one/);
  await page.getByLabel('Shop').fill('north');
  // What concerns no field stands at the button, and the focus with it.
  server.faults = [['faults', 'no field is meant'], ['north', 'nor here']];
  await save.click();
  await page.getByText('nor here').waitFor();
  assert.equal(await page.evaluate(() => document.activeElement.textContent),
    'Save');
  server.faults = [];
  await page.context().close();
});

test('a sync that was changed in another tab shows what differs', async () => {
  server.put('two-tabs', 'SUCCESS', 1);
  const page = await open('#/sync/two-tabs/edit', {bypassCSP: true});
  await page.getByLabel('Shop').fill('west');
  await page.getByLabel('API key').fill('the-new-secret');
  const other = server.syncs.get('two-tabs');
  other.version = '8';
  other.definition = structuredClone(other.definition);
  other.definition.labels = {team: 'finance'};
  const save = page.getByRole('button', {name: 'Save', exact: true});
  await save.click();
  const conflict = page.getByRole('region', {name: 'What differs', exact: true});
  await conflict.getByRole('heading', {name: /changed elsewhere/}).waitFor();
  assert.deepEqual((await conflict.locator('tbody tr').allTextContents()).sort(),
    ['labels.teamfinancedata',
      'source.config.api_keya secreta secret that you typed',
      'source.config.shopnorthwest']);
  assert.match(await page.evaluate(() => document.activeElement.textContent),
    /changed elsewhere/);
  assert.deepEqual(await axeFinds(page), []);
  await picture(page, 'edit-conflict');
  await conflict.getByRole('button', {name: 'Save mine all the same'}).click();
  await page.getByRole('link', {name: 'Schema changes'}).waitFor();
  const {body, headers} = last('PUT', '/syncs/two-tabs');
  assert.equal(headers['if-match'], '"8"');
  assert.deepEqual(body.labels, {team: 'data'});
  assert.equal(body.source.config.api_key, 'the-new-secret');
  await page.context().close();
});

test('a sync that was deleted in another tab says so', async () => {
  server.put('gone-meanwhile', 'SUCCESS', 1);
  const page = await open('#/sync/gone-meanwhile/edit');
  await page.getByLabel('Shop').fill('west');
  server.syncs.delete('gone-meanwhile');
  await page.getByRole('button', {name: 'Save', exact: true}).click();
  await page.getByText('The sync was deleted meanwhile.').waitFor();
  await page.context().close();
});

test('the demo runs by hand, and a schedule says when it begins', async () => {
  const page = await open('#/new?demo=1');
  await page.getByLabel('API key').waitFor();
  assert.equal(await page.getByLabel('It runs').inputValue(), '');
  await page.getByText('a place of its own within the hour').waitFor();
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
    await page.getByRole('button', {name: 'Save', exact: true}).click();
    await until(() => last('PUT', '/syncs/by-json'));
    assert.deepEqual(last('PUT', '/syncs/by-json').body.source.config,
      {odd: 'the-secret'});
    await until(() => page.url(), url => url.endsWith('#/sync/by-json'));
    await page.goto(server.url + '/#/new');
    await page.getByRole('button', {name: 'Save', exact: true}).click();
    await page.getByText('Choose a connector and get its form first.').last()
      .waitFor();
    await page.getByRole('button', {name: /Demo/}).click();
    await page.getByLabel('API key').fill('x');
    await page.getByLabel('Name of the sync').fill(oneSync);
    await page.getByRole('button', {name: 'Save', exact: true}).click();
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
  await page.getByRole('button', {name: 'Save', exact: true}).click();
  const held = await asked;
  await page.getByRole('link', {name: 'System'}).click();
  await page.locator('.verdict.SUCCESS').waitFor();
  await held.continue();
  await until(() => page.locator('#announcer').textContent(),
    text => text === 'The sync kept-later is saved');
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
  await page.getByRole('button', {name: 'Save and run'}).click();
  await page.getByText('its run did not begin: syncctl is stopping').waitFor();
  assert.ok(await page.getByRole('button', {name: 'Save and run'}).isDisabled());
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
  assert.ok(await page.getByRole('button', {name: 'Save', exact: true}).isDisabled());
  await page.context().close();
});

test('the page never broke its own policy', () => {
  assert.deepEqual(complaints, []);
});
