// Every route of the page, with ten thousand made up syncs: made_up_syncs.mjs
// answers in place of syncctl.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {MadeUp, brokenSync, hostile, oneSync, retriedError, retriedSync, unknownSync}
  from './made_up_syncs.mjs';
import {assertFits, axeFinds, complaints, contrastOf, focusOf, isHacked,
  openPage, picture, startBrowser, stopBrowser, until} from './support.mjs';

let server;
let empty;

before(async () => {
  server = await new MadeUp().start();
  empty = await new MadeUp({empty: true}).start();
  await startBrowser();
});

after(async () => {
  await stopBrowser();
  await server?.stop();
  await empty?.stop();
});

const open = (hash, options) => openPage(`${server.url}/${hash}`, options);
const rows = page => page.locator('tbody tr');
const heading = page => page.locator('h1');
const titled = (page, pattern) =>
  until(() => page.title(), title => pattern.test(title));
const asked = path => server.requests.filter(one => one.path === path);
const e = encodeURIComponent;

const pages = {
  syncs: '#/', sync: `#/sync/${oneSync}`, streams: `#/sync/${oneSync}/streams`,
  data: `#/sync/${oneSync}/data`, changes: `#/sync/${oneSync}/changes`,
  settings: `#/sync/${oneSync}/settings`, edit: `#/sync/${oneSync}/edit`,
  run: `#/run/${oneSync}-run-4`, unread: `#/run/${brokenSync}-run-0`, running: '#/run/sync-00005-run-0',
  runs: '#/runs', new: '#/new?package=airbyte/source-demo&version=1',
  connectors: '#/connectors', system: '#/system', missing: '#/nothing'};
const ready = {
  syncs: 'tbody tr', sync: 'tbody tr', streams: 'tbody tr', data: 'tbody tr',
  changes: 'article', settings: 'pre', edit: '[name=field-api_key]',
  run: '#lines .line', unread: '#lines .line', running: '#lines .line', runs: 'tbody tr',
  new: '[name=field-api_key]', connectors: 'tbody tr', system: '.verdict.SUCCESS',
  missing: 'h1'};

for (const [name, hash] of Object.entries(pages))
  test(`axe finds nothing on ${name}, and it fits into 320 pixels`, async () => {
    for (const colorScheme of ['light', 'dark']) {
      // For axe alone the page may be looked into by a script.
      const page = await open(hash, {colorScheme, bypassCSP: true});
      await page.locator(ready[name]).first().waitFor();
      assert.deepEqual(await axeFinds(page), []);
      await assertFits(page);
      await picture(page, `${name}-${colorScheme}`);
      await page.setViewportSize({width: 320, height: 700});
      await assertFits(page);
      await picture(page, `${name}-phone-${colorScheme}`);
      await page.context().close();
    }
  });

test('axe finds nothing where nothing is there yet', async () => {
  const page = await openPage(empty.url + '/', {bypassCSP: true});
  await page.getByText('No syncs yet').waitFor();
  await page.locator('.tile').first().waitFor();
  assert.deepEqual(await axeFinds(page), []);
  await picture(page, 'empty-light');
  await page.getByRole('link', {name: 'Try the demo'}).click();
  await page.locator('[name=field-api_key]').waitFor();
  assert.equal(await page.locator('#sync-id').inputValue(), 'demo');
  await page.context().close();
});

test('borders and bars stand out by 3 to 1', async () => {
  for (const colorScheme of ['light', 'dark']) {
    const page = await open(pages.running, {colorScheme});
    await page.locator('.track').first().waitFor();
    for (const [what, property, behind] of [
      ['#search', 'borderTopColor', '.card'],
      ['#save', 'borderTopColor', '.card'],
      ['.track', 'borderTopColor', '.card'],
      ['.track.RUNNING', 'color', '.card']]) {
      const contrast = await contrastOf(page, what, property, behind);
      assert.ok(contrast >= 3, `${what} ${colorScheme}: ${contrast}`);
    }
    await page.goto(server.url + '/' + pages.syncs);
    await page.locator('.sparkline .bar').first().waitFor();
    for (const bar of ['.sparkline .bar.SUCCESS', '.sparkline .bar.FAILED']) {
      const contrast = await contrastOf(page, bar, 'color', '.card');
      assert.ok(contrast >= 3, `${bar} ${colorScheme}: ${contrast}`);
    }
    await page.context().close();
  }
});

test('ten thousand syncs are a window, paged, searched and kept in the address',
  async () => {
    const page = await open('#/');
    await rows(page).first().waitFor();
    assert.equal(await rows(page).count(), 50);
    const first = await rows(page).first().textContent();
    await page.getByRole('button', {name: 'Next'}).click();
    await until(() => rows(page).first().textContent(), text => text !== first);
    assert.match(page.url(), /after=/);
    const second = await rows(page).first().textContent();
    await page.reload();
    await until(() => rows(page).count(), count => count === 50);
    assert.equal(await rows(page).first().textContent(), second);
    await page.getByRole('button', {name: 'Previous'}).click();
    await until(() => rows(page).first().textContent(), text => text === first);
    await page.locator('#sync-words').fill('sync-09');
    await until(() => rows(page).first().textContent(),
      text => /sync-09000/.test(text));
    await page.reload();
    await rows(page).first().waitFor();
    assert.equal(await page.locator('#sync-words').inputValue(), 'sync-09');
    await page.locator('#sync-words').fill('nobody knows');
    await page.getByText('No sync fits.').waitFor();
    assert.ok(await page.locator('*').count() < 3000);
    await page.context().close();
  });

test('what fails and what runs stand above', async () => {
  const page = await open('#/');
  const urgent = page.getByRole('region', {name: 'What to look at'});
  await urgent.getByText('254 syncs fail').waitFor();
  await urgent.getByText('12 syncs run now').waitFor();
  await urgent.getByText('the key is wrong').first().waitFor();
  await page.getByRole('link', {name: 'and 249 more'}).click();
  await until(() => page.locator('tbody .status').allTextContents(), all =>
    all.length === 50 && all.every(text => /Failed|Partial/.test(text)));
  assert.equal(await page.locator('.chip[aria-current]').textContent(),
    'Failing 254');
  await page.context().close();
});

test('a sync is run, cancelled, paused and resumed from the list', async () => {
  const page = await open('#/?q=sync-00002');
  const run = page.getByRole('button', {name: 'Run sync-00002'});
  await run.click();
  const cancel = page.getByRole('button',
    {name: 'Cancel the run of sync-00002'});
  await cancel.click();
  await page.getByRole('button', {name: 'Let it run'}).click();
  await cancel.click();
  await page.getByRole('button', {name: 'Cancel the run', exact: true}).click();
  await run.waitFor();
  await page.getByRole('button', {name: 'Pause sync-00002'}).click();
  await page.getByRole('button', {name: 'Resume sync-00002'}).click();
  await page.getByRole('button', {name: 'Pause sync-00002'}).waitFor();
  assert.equal(await focusOf(page), 'Pause');
  for (const path of ['run', 'cancel', 'pause', 'resume'])
    assert.equal(asked(`/syncs/sync-00002/${path}`).length, 1, path);
  await page.context().close();
});

test('a hundred thousand runs are a window with charts', async () => {
  const page = await open(`#/sync/${oneSync}`);
  await rows(page).first().waitFor();
  assert.equal(await rows(page).count(), 50);
  await titled(page, /^Failed: shop – motorcade$/);
  const bars = () => page.locator('.chart').first().locator('a').count();
  assert.equal(await bars(), 400);
  await page.locator('#range').selectOption('the last day');
  await until(bars, count => count > 200 && count < 300);
  await page.reload();
  await rows(page).first().waitFor();
  assert.equal(await page.locator('#range').inputValue(), '24');
  await page.locator('#range').selectOption('all');
  await until(bars, count => count === 400);
  const first = await rows(page).first().textContent();
  await page.getByRole('button', {name: 'Older'}).click();
  await until(() => rows(page).first().textContent(), text => text !== first);
  await page.locator('figure').first().locator('a').last()
    .dispatchEvent('pointerenter');
  await until(() => page.locator('figure p').first().textContent(),
    text => /2\d{3}.*:/.test(text));
  await page.context().close();
});

test('the parts of a sync: streams, data, changes', async () => {
  const page = await open(`#/sync/${oneSync}/streams`);
  await rows(page).first().waitFor();
  assert.equal(await rows(page).count(), 100);
  await page.locator('.state summary').first().click();
  await page.getByText('{"cursor":12345678901234567890123}').waitFor();
  await page.locator('#stream-words').fill('orders');
  await until(() => rows(page).count(), count => count === 1);
  await page.getByRole('button', {name: 'Reset public.orders'}).click();
  await page.getByRole('button', {name: 'Reset it'}).click();
  await until(() => asked(`/syncs/${oneSync}/reset`).length);
  // The made up state stays, and so does the button's row.
  await until(() => focusOf(page), text => text === 'public.orders');
  assert.equal(asked(`/syncs/${oneSync}/reset`)[0].query.stream,
    'public.orders');
  await page.getByRole('link', {name: 'Data'}).click();
  await titled(page, /^Data of shop/);
  await until(() => rows(page).count(), count => count === 50);
  assert.match(await rows(page).first().textContent(), /<img src=x/);
  await page.locator('#table').selectOption('pets');
  await page.getByText('it is not there yet').waitFor();
  assert.match(page.url(), /table=pets/);
  await page.getByRole('link', {name: 'Schema changes'}).click();
  await page.getByText('public.orders.id: integer → string').waitFor();
  assert.equal(await isHacked(page), undefined);
  await page.context().close();
});

test('a test of notifications says which receiver refused it', async () => {
  const page = await open(`#/sync/${oneSync}/settings`);
  await page.getByRole('button', {name: 'Send a test notification'}).click();
  await page.getByText('hooks.example answered 410').waitFor();
  assert.equal(asked(`/syncs/${oneSync}/notifications/test`).length, 1);
  await page.context().close();
});

test('the settings show no secret, and end a sync after a question', async () => {
  server.put('to-delete', 'SUCCESS', 1);
  const page = await open('#/sync/to-delete/settings');
  await page.locator('pre').first().getByText('password: "***"').waitFor();
  await page.getByRole('button', {name: 'Delete', exact: true}).click();
  await page.getByRole('button', {name: 'Delete the sync'}).click();
  await titled(page, /^Syncs/);
  const [request] = server.requests.filter(one => one.method === 'DELETE');
  assert.equal(request.headers['if-match'], '"7"');
  await page.goto(server.url + '/#/sync/to-delete');
  await page.getByText('There is no such sync.').waitFor();
  await page.context().close();
});

test('a config whose secrets are not known is hidden until it is asked', async () => {
  const page = await open(`#/sync/${unknownSync}/settings`);
  const box = page.locator('#config-hidden');
  await box.getByText('No text and no number of the config is shown').waitFor();
  await page.locator('pre').first().getByText('port: "***"').waitFor();
  await picture(page, 'settings-hidden');
  await box.getByRole('button', {name: 'Ask the connector'}).click();
  await page.locator('pre').first().getByText('port: 8443').waitFor();
  assert.ok(await box.isHidden());
  await page.locator('pre').first().getByText('api_key: "***"').waitFor();
  await page.context().close();
});

test('a sync whose secrets are not known is edited once they are', async () => {
  server.told.clear();
  const page = await open(`#/sync/${unknownSync}/edit`);
  await until(() => page.getByLabel('Port (required)').inputValue(),
    value => value === '8443');
  assert.equal(await page.locator('[name=field-shop]').inputValue(), 'north');
  await page.context().close();
});

test('a run that failed before it could read has a page', async () => {
  // From where a person comes: the list of what fails.
  const page = await open(`#/sync/${brokenSync}`);
  await page.getByRole('link', {name: 'Look at this run'}).click();
  const verdict = page.getByRole('region', {name: 'Verdict'});
  for (const text of ['Failed after', 'the image cannot be pulled',
    'the connector, or what it reads from',
    'config_error: The configuration has to be changed.', 'What to do:'])
    await verdict.getByText(text).first().waitFor();
  await page.locator('#asked').getByText('Nothing was read.').waitFor();
  await page.locator('#lines .line').first().waitFor();
  await titled(page, /^Failed: broken/);
  assert.ok(await page.getByRole('button', {name: 'Start again'}).isVisible());
  await picture(page, 'run-unread');
  // The same from a link without the sync's name.
  await page.goto(`${server.url}/#/run/${brokenSync}-run-0`);
  await verdict.getByText('the image cannot be pulled').first().waitFor();
  await page.locator('#asked a').click();
  await until(() => page.url(), url => url.includes('#/run/discover'));
  await page.context().close();
});

test('a run that waits says why, and can be cancelled', async () => {
  const page = await open('#/run/waiting-run-0');
  const verdict = page.getByRole('region', {name: 'Verdict'});
  await verdict.getByText('Waiting for').waitFor();
  await verdict.getByText('an earlier run still ends').waitFor();
  await page.getByRole('button', {name: 'Cancel', exact: true}).click();
  await page.getByRole('button', {name: 'Cancel the run'}).click();
  await until(() => asked('/syncs/waiting/cancel').length, n => n === 1);
  await page.context().close();
});

test('a sync whose further try waits says why, and how it stands', async () => {
  // In the list, with the error of the run that failed, and a link to it.
  const page = await open('#/?status=failing&q=' + retriedSync);
  const row = rows(page).filter({hasText: retriedSync}).first();
  await row.getByText('Partial').waitFor();
  await row.getByText(/try 4 of 4 in 6 min/).waitFor();
  assert.match(await row.getByRole('link', {name: /Partial/})
    .getAttribute('href'), /half-run-1/);
  // Its page: whose try it is, the error, no time that was only waited.
  await page.goto(`${server.url}/#/sync/${retriedSync}`);
  const standing = page.getByRole('region', {name: 'Standing'});
  await standing.getByRole('heading', {name: new RegExp('^Waits until .* for try '
    + '4 of 4, since the last run ended as Partial')}).waitFor();
  await standing.getByText(retriedError).waitFor();
  assert.ok(await standing.evaluate(one => one.classList.contains('PARTIAL')));
  await page.getByLabel('Duration of 2 runs, 4 s at most').waitFor();
  const newest = rows(page).first();
  await newest.getByText(/^due /).waitFor();
  assert.equal(await newest.locator('[data-label=Took]').textContent(), '');
  await picture(page, 'sync-waits');
  // The run that waits says the same, and leads to the one before.
  await standing.getByRole('link', {name: 'Look at the try that waits'}).click();
  const verdict = page.getByRole('region', {name: 'Verdict'});
  await verdict.getByRole('heading', {name: /^Waits until .* for try 4 of 4/})
    .waitFor();
  await verdict.getByText('The run before: ' + retriedError).waitFor();
  assert.doesNotMatch(await page.locator('#facts').textContent(), /Started\w/);
  await picture(page, 'run-waits');
  await page.locator('#asked').getByRole('link', {name: 'Look at the run before'})
    .click();
  await until(() => page.url(), url => url.includes('half-run-1'));
  // Begun now it waits no longer.
  await page.goto(`${server.url}/#/sync/${retriedSync}`);
  await page.getByRole('button', {name: 'Run half'}).click();
  await until(() => asked(`/syncs/${retriedSync}/run`).length, n => n === 1);
  await page.context().close();
  server.put(retriedSync, 'RETRY', 3);
});

test('a run has the same figures on its page and in the list of its sync',
  async () => {
    const page = await open(`#/sync/${oneSync}`);
    const row = rows(page).nth(1);
    await row.waitFor();
    const [took, committed, read] = await Promise.all(
      ['Took', 'Rows committed', 'Data read'].map(label =>
        row.locator(`[data-label="${label}"]`).textContent()));
    await page.goto(`${server.url}/#/run/${oneSync}-run-1`);
    const figures = page.locator('#figures > div');
    await figures.getByText(committed, {exact: true}).waitFor();
    assert.equal(await figures.filter({hasText: 'data read'}).locator('b')
      .textContent(), read);
    assert.match(await page.locator('.verdict h2').textContent(),
      new RegExp(`^Succeeded after ${took},`));
    await page.context().close();
  });

test('a part of a name leads to the names that there are', async () => {
  const page = await open('#/runs?sync=sync-0004&status=SUCCESS');
  await page.getByText('a name counts as a whole').waitFor();
  await page.getByRole('link', {name: 'sync-00041', exact: true}).click();
  await rows(page).first().waitFor();
  assert.match(page.url(), /sync=sync-00041/);
  assert.equal(await page.locator('#by-sync').inputValue(), 'sync-00041');
  await page.context().close();
});

test('the verdict of a run comes first, and its failed streams', async () => {
  const page = await open(`#/run/${oneSync}-run-4`);
  const verdict = page.getByRole('region', {name: 'Verdict'});
  for (const text of ['the key is wrong', 'the connector, or what it reads from',
    'config_error: The configuration has to be changed.', 'public.orders',
    'HTTP 401 Unauthorized', 'What to do: Change the connector\'s config'])
    await verdict.getByText(text).first().waitFor();
  assert.equal(await verdict.getByRole('link', {name: 'the settings of the sync'})
    .getAttribute('href'), `#/sync/${oneSync}/edit`);
  await verdict.getByText('Stack trace').click();
  await verdict.getByText('Traceback').waitFor();
  assert.ok(await verdict.evaluate(one => one.compareDocumentPosition(
    document.querySelector('#lines')) & Node.DOCUMENT_POSITION_FOLLOWING));
  const streams = page.locator('#streams tbody tr');
  assert.match(await streams.first().textContent(), /stream_700.*Failed/);
  assert.equal(await streams.count(), 25);
  await page.getByText('999 of 1,000').waitFor();
  await page.getByRole('button', {name: 'Rows read', exact: true}).click();
  await page.getByRole('button', {name: 'Rows read', exact: true}).click();
  await until(() => streams.first().textContent(), text => /stream_999/.test(text));
  assert.match(page.url(), /sort=-rows/);
  const [download] = await Promise.all([page.waitForEvent('download'),
    page.getByRole('button', {name: 'Download'}).click()]);
  assert.equal(download.suggestedFilename(), 'shop-run-4.log');
  await page.context().close();
});

test('bars are progress bars, and streams a table', async () => {
  const page = await open(pages.running);
  const bar = page.getByRole('progressbar', {name: /stream_1:/});
  await bar.waitFor();
  assert.equal(await bar.getAttribute('aria-valuenow'), '10');
  await page.getByRole('columnheader', {name: 'Rows read'}).waitFor();
  await page.context().close();
});

test('errors are jumped to, and a line has a link of its own', async () => {
  const page = await open('#/run/sync-00000-run-0');
  await page.locator('#lines .line').first().waitFor();
  await page.locator('#last-error').click();
  const chosen = page.locator('.line.chosen .message');
  await until(() => chosen.textContent(), text => /line 999999/.test(text));
  await page.locator('#last-error').click();
  await until(() => chosen.textContent(), text => /line 899999/.test(text));
  await page.locator('#last-error').click();
  await until(() => chosen.textContent(), text => /line 799999/.test(text));
  await page.locator('#next-error').click();
  await until(() => chosen.textContent(), text => /line 899999/.test(text));
  const {url} = {url: page.url()};
  assert.match(url, /line=c899999/);
  await page.goto('about:blank');
  await page.goto(url);
  await until(() => chosen.textContent(), text => /line 899999/.test(text));
  // It is in sight.
  assert.ok(await chosen.evaluate(one => {
    const box = document.querySelector('#lines').getBoundingClientRect();
    const own = one.getBoundingClientRect();
    return own.top >= box.top && own.bottom <= box.bottom;
  }));
  await page.context().close();
});

test('one keeps one\'s place while earlier lines come', async () => {
  const page = await open('#/run/sync-00000-run-0');
  const box = page.locator('#lines');
  await until(() => box.locator('.line').count(), count => count === 500);
  await box.evaluate(one => { one.scrollTop = 300; });
  const seen = () => box.evaluate(one => {
    const top = one.getBoundingClientRect().top;
    const line = [...one.querySelectorAll('.line')].find(
      each => each.getBoundingClientRect().bottom > top + 2);
    return [line.querySelector('.message').textContent,
      Math.round(line.getBoundingClientRect().top - top)];
  });
  const before_ = await seen();
  await page.locator('#earlier').click();
  await until(() => box.locator('.line').count(), count => count === 1000);
  assert.deepEqual(await seen(), before_);
  await page.context().close();
});

test('levels and words are looked for by the server, and kept', async () => {
  const page = await open('#/run/sync-00000-run-0');
  await page.locator('#lines .line').first().waitFor();
  await page.locator('#level').selectOption('ERROR and above');
  await until(() => page.locator('#lines .line').count(), count => count === 10);
  await page.locator('#search').fill('LINE 5');
  await until(() => page.locator('#lines .line').count(), count => count === 1);
  assert.deepEqual(await page.locator('mark').allTextContents(), ['line', '5']);
  await page.reload();
  await until(() => page.locator('#lines .line').count(), count => count === 1);
  assert.equal(await page.locator('#search').inputValue(), 'LINE 5');
  const last = asked('/tasks/sync-00000-run-0/logs').at(-1);
  assert.equal(last.query.level, 'ERROR');
  assert.equal(last.query.q, 'LINE 5');
  await page.context().close();
});

test('the time zone is said, and can be switched', async () => {
  const page = await open(pages.run, {timezoneId: 'America/New_York'});
  await until(() => page.locator('#log-state').textContent(),
    text => /times are America\/New_York/.test(text));
  const first = page.locator('#lines .line a').first();
  const there = await first.textContent();
  await page.getByLabel('Times').selectOption('UTC');
  await until(() => page.locator('#log-state').textContent(),
    text => /times are UTC/.test(text));
  const utc = await first.textContent();
  assert.notEqual(utc, there);
  assert.equal(utc.slice(2), there.slice(2));
  await page.reload();
  await until(() => page.locator('#log-state').textContent(),
    text => /times are UTC/.test(text));
  await page.context().close();
});

test('a run that is not there is not asked for again', async () => {
  const page = await open('#task=gone');
  await page.getByText('There is no such run.').waitFor();
  assert.match(page.url(), /#\/run\/gone$/);
  const count = asked('/tasks/gone').length;
  await page.getByRole('link', {name: 'Connectors'}).click();
  await rows(page).first().waitFor();
  await page.goBack();
  await page.getByText('There is no such run.').waitFor();
  await page.getByRole('link', {name: 'System'}).click();
  await page.locator('.verdict.SUCCESS').waitFor();
  assert.equal(asked('/tasks/gone').length, count + 1);
  await page.context().close();
});

test('focus moves to what was opened, and the title says where one is',
  async () => {
    const page = await open('#/');
    await rows(page).first().waitFor();
    for (const [name, title] of [['Runs', 'Runs'], ['Connectors', 'Connectors'],
      ['System', 'System'], ['Syncs', 'Syncs']]) {
      await page.getByRole('navigation', {name: 'Main'})
        .getByRole('link', {name}).focus();
      await page.keyboard.press('Enter');
      await titled(page, new RegExp(`^${title} – motorcade$`));
      assert.equal(await focusOf(page), title);
    }
    // The first key leads past the menu.
    await page.reload();
    await rows(page).first().waitFor();
    await page.keyboard.press('Tab');
    assert.equal(await focusOf(page), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await focusOf(page), 'main');
    await page.context().close();
  });

test('what others wrote stays text on every route', async () => {
  const id = e(hostile);
  for (const hash of ['#/', `#/sync/${id}`, `#/sync/${id}/streams`,
    `#/sync/${id}/settings`, `#/run/${id}-run-0`, `#/run/${id}`,
    `#/sync/${id}/edit`, '#/new?package=' + id, '#/%', '#/run/%', '#/?q=' + id,
    '#/runs?sync=' + id]) {
    const page = await open(hash);
    await until(() => page.evaluate(() => document.body.innerText.length > 60));
    assert.equal(await page.locator('#main :is(img, script)').count(), 0, hash);
    assert.equal(await isHacked(page), undefined, hash);
    await page.context().close();
  }
  const page = await open(`#/run/${id}-run-0`);
  await until(() => page.locator('#lines').textContent(),
    text => /<img src=x onerror="window.hacked=1">/.test(text));
  await page.context().close();
});

test('a link that leads nowhere says so', async () => {
  const page = await open('#/nothing/at/all');
  await page.getByText('There is no such page').waitFor();
  assert.equal(await page.title(), 'Not found – motorcade');
  await page.getByRole('link', {name: 'All syncs'}).click();
  await rows(page).first().waitFor();
  await page.context().close();
});

test('nothing moves where little motion is wanted', async () => {
  const page = await open(pages.running, {reducedMotion: 'reduce'});
  await page.locator('.fill').first().waitFor();
  assert.equal(await page.locator('.fill').first().evaluate(
    one => getComputedStyle(one).transitionDuration), '0s');
  await page.context().close();
});

test('an older syncctl without the newer endpoints is borne', async () => {
  const old = new MadeUp();
  const answer = old.answer.bind(old);
  old.answer = async (method, path, query, ...rest) => {
    if (/^\/(tables|connectors|system|specs|catalogs|checks)/.test(path)
        || path.endsWith('/changes'))
      return [404, {ok: false, error: 'there is no such path'}];
    for (const name of Object.keys(query))
      if (['q', 'status', 'runs', 'counts', 'from', 'kind'].includes(name))
        return [400, {ok: false, error: `unknown parameter "${name}"`}];
    const out = await answer(method, path, query, ...rest);
    for (const sync of [out[1], ...out[1].syncs || []])
      for (const name of ['runs', 'lastSuccessAt', 'catalogKey', 'pausedReason'])
        if (sync.syncId)
          delete sync[name];
    delete out[1].counts;
    return out;
  };
  await old.start();
  for (const name of ['syncs', 'sync', 'streams', 'data', 'changes', 'runs',
    'connectors', 'system']) {
    const page = await openPage(`${old.url}/${pages[name]}`);
    await heading(page).waitFor();
    await until(() => page.evaluate(() => document.body.innerText.length > 150));
    assert.equal(await page.locator('#notice').textContent(), '', name);
    await page.context().close();
  }
  await old.stop();
});

test('the page never broke its own policy', () => {
  assert.deepEqual(complaints, []);
});
