// Runs and their logs in the page, with syncctl's own API behind them: a thousand
// tasks, a task with a million lines of log, and one whose every text tries to be
// HTML.
//
// PAGE_SERVER is the program page-server.

import assert from 'node:assert/strict';
import {after, before, test} from 'node:test';
import {Server, assertFits, complaints, focusOf, isHacked, lacks, openPage,
  picture, startBrowser, stopBrowser, until} from './support.mjs';

let server;
let browser;

before(async () => {
  server = await Server.start();
  browser = await startBrowser();
});

after(async () => {
  await stopBrowser();
  await server?.stop();
});

const open = (path = '/#/runs', {url = server.url, ...options} = {}) =>
  openPage(url + path, options);
const runLink = id => '/#/run/' + encodeURIComponent(id);
const rows = page => page.locator('#tasks tbody tr');
const names = page => page.locator('#tasks .name').allTextContents();
const lines = page => page.locator('#lines .line');
const logState = page => page.locator('#log-state');
const logSays = (page, pattern) =>
  until(() => logState(page).textContent(), text => pattern.test(text));

test('a thousand tasks are paged through, there and back', async () => {
  const page = await open();
  await rows(page).first().waitFor();
  const first = await names(page);
  assert.equal(first.length, 50);
  assert.equal(first[0], 'sync-of-live');
  const newer = page.getByRole('button', {name: 'Newer'});
  const older = page.getByRole('button', {name: 'Older'});
  assert.ok(await newer.isDisabled());
  const seen = new Set();
  for (let number = 1;; ++number) {
    const links = await page.locator('#tasks .name').evaluateAll(
      all => all.map(one => one.getAttribute('href')));
    for (const href of links)
      seen.add(href);
    if (await older.isDisabled()) {
      assert.equal(number, 20);
      break;
    }
    await older.click();
    await until(() => page.locator('#tasks .name').first()
      .getAttribute('href'), href => href !== links[0]);
  }
  assert.equal(seen.size, 1000);
  await newer.click();
  await until(() => older.isEnabled());
  await page.context().close();
});

test('tasks are found by status, sync and package, also after a reload',
  async () => {
    const page = await open();
    await rows(page).first().waitFor();
    const shown = part => page.locator('#tasks ' + part).allTextContents();
    const box = name => page.locator('#statuses').getByLabel(name);
    await box('Failed').check();
    await until(() => shown('.status'), all => all.length === 50
      && all.every(status => /Failed/.test(status)));
    await box('Partial').check();
    await until(() => shown('.status'), all => all.some(
      text => /Partial/.test(text))
      && all.every(status => /Failed|Partial/.test(status)));
    await page.getByLabel('Sync', {exact: true}).fill('sync-3');
    await until(() => names(page), all => all.length > 0
      && all.every(name => name === 'sync-3'));
    await page.getByLabel('Package', {exact: true}).fill(
      'airbyte/source-postgres');
    await until(() => shown('.image'), all => all.length > 0
      && all.every(image => image === 'airbyte/source-postgres:6.2.1'));
    const found = await names(page);
    await page.reload();
    await until(() => names(page), all => all.length === found.length);
    assert.ok(await box('Partial').isChecked());
    assert.equal(await page.getByLabel('Sync', {exact: true}).inputValue(),
      'sync-3');
    await page.getByLabel('Package', {exact: true}).fill('nobody/knows');
    await page.getByText('No run fits; a name counts as a whole.').waitFor();
    await page.context().close();
  });

test('a task that runs is shown as it goes on, without flicker', async () => {
  const page = await open();
  await page.locator('#tasks .name').first().click();
  await until(() => page.locator('#title').textContent(),
    text => text === 'sync-of-live');
  assert.equal(await focusOf(page), 'title');
  await until(() => page.title(),
    text => text === 'Running: sync-of-live – motorcade');
  const users = page.locator('.stream').filter({hasText: 'users'});
  await users.waitFor();
  assert.equal(await page.locator('.stream').count(), 4);
  const count = async () => Number((await users.locator('td').nth(3)
    .textContent()).replace(/\D/g, ''));
  const width = () => users.locator('.fill').evaluate(
    element => parseFloat(element.style.width));
  // The very elements stay, and so does what is chosen in them.
  await page.evaluate(() => {
    window.kept = document.querySelector('.stream');
    getSelection().selectAllChildren(document.querySelector('#title'));
  });
  const [rowsBefore, widthBefore] = [await count(), await width()];
  await until(count, now => now > rowsBefore);
  await until(width, now => now > widthBefore);
  assert.equal(await page.evaluate(() => window.kept.isConnected
    && window.kept === document.querySelector('.stream')
    && String(getSelection())), 'sync-of-live');
  // Some 1,667 rows a second.
  const rate = async () => Number((await users.locator('td').nth(5)
    .textContent()).replace(/\D/g, ''));
  await until(rate, now => now > 1000 && now < 2500);
  assert.match(await users.textContent(), /% of 1,000,000/);
  assert.match(await page.locator('.stream').filter({hasText: 'orders'})
    .textContent(), /no estimate/);
  await until(() => page.locator('#figures').textContent(),
    text => /states saved/.test(text));
  // Small sizes are told in their own unit.
  assert.doesNotMatch(await page.locator('#streams').textContent(), /0\.0 MB/);
  // The log follows.
  assert.ok(await page.locator('#follow').isChecked());
  const last = () => lines(page).last().textContent();
  const lastBefore = await last();
  await until(last, now => now !== lastBefore);
  const bottom = () => page.locator('#lines').evaluate(
    box => box.scrollHeight - box.scrollTop - box.clientHeight);
  await until(bottom, far => far < 60);
  await picture(page, 'task-running');
  await assertFits(page);
  await page.context().close();
});

test('what is not complete does not count as done', async () => {
  const page = await open(runLink('task-3'));
  await until(() => page.locator('#figures').textContent(),
    text => /1 of 2streams complete1streams not well/.test(text));
  assert.match(await page.locator('.stream').first().textContent(),
    /public\.orders.*Failed/);
  await page.context().close();
});

test('a million lines of log do not fill the tab', async context => {
  const why = await lacks(server.url, '/tasks/{taskId}/logs', 'level');
  if (why) {
    context.skip(why);
    return;
  }
  const page = await open(runLink('million'));
  const most = 2000;
  const first = () => lines(page).first().locator('.message').textContent();
  const last = () => lines(page).last().locator('.message').textContent();
  const check = async () => assert.ok(await lines(page).count() <= most);
  // The end is what it begins with.
  await until(last, text => text === 'line 999999 has a needle');
  await check();
  const numberOf = text => Number(text.match(/\d+/)[0]);
  // No gap and nothing twice.
  const all = async () => (await lines(page).locator('.message')
    .allTextContents()).map(numberOf);
  for (let i = 0; i < 6; ++i) {
    const top = await first();
    await page.locator('#earlier').click();
    await until(first, text => text !== top);
    await check();
  }
  const numbers = await all();
  assert.ok(numbers.length > 250);
  numbers.forEach((number, i) => assert.equal(number, numbers[0] + i));
  await page.locator('#first').click();
  await until(first, text => text === 'line 0');
  for (let i = 0; i < 4; ++i) {
    const end = await last();
    await page.locator('#later').click();
    await until(last, text => text !== end);
    await check();
  }
  const later = await all();
  later.forEach((number, i) => assert.equal(number, later[0] + i));
  // A search goes through all of them.
  await page.locator('#search').fill('needle');
  await logSays(page, /^10 lines shown, from the first to the last so far/);
  await page.locator('#search').fill('');
  await until(last, text => text === 'line 999999 has a needle');
  await page.locator('#level').selectOption('WARN and above');
  await until(() => lines(page).locator('.level').first().textContent(),
    text => text === 'WARN');
  await page.locator('#level').selectOption('ERROR and above');
  await logSays(page, /^10 lines shown/);
  await page.locator('#search').fill('nowhere to be found');
  await logSays(page, /^No line fits/);
  const memory = await page.evaluate(() => performance.memory?.usedJSHeapSize);
  assert.ok(memory < 100e6, `${memory} bytes`);
  await page.context().close();
});

test('what others wrote stays text', async () => {
  const page = await open();
  await page.locator('#tasks .name').filter({hasText: '<img'}).click();
  await lines(page).first().waitFor();
  for (const part of ['#title', '#error', '#facts', '#streams', '#figures',
    '#lines']) {
    assert.match(await page.locator(part).textContent(),
      /<img src=x onerror="window.hacked=1">.*<svg.*&lt;b&gt;/s, part);
    assert.equal(await page.locator(part + ' :is(img, script, svg)').count(), 0);
  }
  assert.match(await page.locator('#streams').textContent(), /__proto__/);
  assert.equal(await lines(page).count(), 3);
  await page.locator('#again').click();
  assert.match(await page.locator('[name=package]').inputValue(), /^<img/);
  await page.locator('[name=body]').fill('{}');
  await page.getByRole('button', {name: 'Start', exact: true}).click();
  await until(() => page.locator('#question .problem').textContent());
  assert.equal(await isHacked(page), undefined);
  await page.keyboard.press('Escape');
  await assertFits(page);
  await page.context().close();
});

test('a link names a task that is HTML, or none', async () => {
  for (const hash of ['#task=%3Cimg%20src%3Dx%20onerror%3Dwindow.hacked%3D1%3E',
    '#task=%', '#task=', '#<script>']) {
    const page = await open('/' + hash);
    await until(() => page.evaluate(() => document.body.innerText.length > 60));
    assert.ok(await page.locator('#lines').isHidden());
    assert.equal(await isHacked(page), undefined);
    await page.context().close();
  }
});

test('an address of an earlier version leads to its task', async () => {
  const page = await open('/#task=task-3');
  await until(() => page.locator('#title').textContent(),
    text => text === 'sync-3');
  assert.match(page.url(), /#\/run\/task-3$/);
  await page.context().close();
});

test('a token is asked for, kept in the tab and sent', async () => {
  const guarded = await Server.start('--token', 'the-token');
  const page = await open('/#/runs', {url: guarded.url, clock: true});
  const dialog = page.locator('#token-dialog');
  await dialog.getByText('syncctl wants a token.').waitFor();
  // Closed, it does not come again by itself.
  await page.keyboard.press('Escape');
  await page.clock.runFor(60000);
  assert.ok(await dialog.isHidden());
  await page.locator('#token-button').click();
  await page.locator('#token').fill('another');
  await page.keyboard.press('Enter');
  await dialog.getByText('This token is not known.').waitFor();
  await page.locator('#token').fill('the-token');
  await dialog.getByRole('button', {name: 'Use it'}).click();
  await rows(page).first().waitFor();
  assert.ok(await dialog.isHidden());
  await page.locator('#tasks .name').first().click();
  await lines(page).first().waitFor();
  await page.reload();
  await lines(page).first().waitFor();
  assert.equal(await page.evaluate(() => localStorage.length
    + document.cookie.length), 0);
  assert.ok(!page.url().includes('the-token'));
  await page.locator('#token-button').click();
  await page.getByRole('button', {name: 'Forget it'}).click();
  await dialog.getByText('syncctl wants a token.').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.getItem('token')), null);
  await page.context().close();
  await guarded.stop();
});

test('a task is started again with pasted documents, which Escape leaves',
  async () => {
    const page = await open(runLink('task-3'));
    await page.locator('#again').click();
    const dialog = page.locator('#question');
    await dialog.locator('[name=package]').waitFor();
    assert.equal(await page.locator('[name=package]').inputValue(),
      'airbyte/source-postgres');
    assert.equal(await page.locator('[name=syncId]').inputValue(), 'sync-3');
    assert.match(await page.locator('[name=taskId]').inputValue(),
      /^[0-9a-f]{32}$/);
    const start = dialog.getByRole('button', {name: 'Start', exact: true});
    const body = page.locator('[name=body]');
    await body.fill('{');
    await page.keyboard.press('Escape');
    assert.ok(await dialog.isHidden());
    assert.equal(await focusOf(page), 'again');
    // What a dialog does when it closes it does a moment later.
    await until(() => body.count(), n => n === 0);
    await page.locator('#again').click();
    assert.equal(await body.inputValue(), '{');
    await start.click();
    await dialog.getByText('The documents are not JSON.').waitFor();
    await body.fill('{"config":{}}');
    await start.click();
    await until(() => dialog.locator('.problem').textContent(),
      text => /catalog/.test(text));
    await picture(page, 'again');
    const documents = '{"config": {"password": 1.50e400}, "catalog": '
      + '{"streams": [{"stream": {"name": "users"}, "sync_mode": "full_refresh"}]}}';
    await body.fill(documents);
    const id = await page.locator('[name=taskId]').inputValue();
    await page.locator('[name=taskId]').fill('task-3');
    await start.click();
    await dialog.getByText('a task of that id has been there').waitFor();
    await page.locator('[name=taskId]').fill(id);
    await page.getByLabel('Full sync').check();
    await page.getByLabel('Columns to add').selectOption('airbyte');
    const [request] = await Promise.all([
      page.waitForRequest(one => one.url().includes('/read?')), start.click()]);
    assert.equal(request.method(), 'POST');
    assert.equal(request.postData(), documents);
    const query = new URL(request.url()).searchParams;
    assert.equal(query.get('fullSync'), 'true');
    assert.equal(query.get('continue'), 'false');
    assert.equal(query.get('deduplicate'), 'true');
    assert.equal(query.get('addMeta'), 'airbyte');
    assert.equal(query.get('syncId'), 'sync-3');
    // It is what is shown then, and its documents are forgotten.
    await until(() => page.locator('#facts').textContent(),
      text => text.includes(id));
    assert.ok(await dialog.isHidden());
    assert.equal(await page.evaluate(() => pasted.size), 0);
    await page.context().close();
  });

test('keys are enough', async () => {
  const page = await open();
  await rows(page).first().waitFor();
  const focus = () => page.evaluate(() => document.activeElement.id
    || document.activeElement.getAttribute('href'));
  await page.keyboard.press('Tab');
  assert.equal(await focus(), 'skip');
  await page.keyboard.press('Enter');
  for (let i = 0; i < 40 && await focus() !== '#/run/live'; ++i)
    await page.keyboard.press('Tab');
  assert.equal(await focus(), '#/run/live');
  await page.keyboard.press('Enter');
  await lines(page).first().waitFor();
  assert.equal(await focus(), 'title');
  await page.locator('#lines').focus();
  await page.keyboard.press('k');
  await until(() => page.locator('.line.chosen').count(), count => count === 1);
  await until(() => page.url(), url => /line=/.test(url));
  await page.goto(server.url + runLink('task-3'));
  await page.locator('#again').focus();
  await page.keyboard.press('Enter');
  await page.locator('#again-form').waitFor();
  await page.keyboard.press('Escape');
  await until(() => page.locator('#question').isHidden());
  assert.equal(await focus(), 'again');
  await page.context().close();
});

test('a task is cancelled, after a question', async () => {
  const page = await open(runLink('live'));
  const dialog = page.locator('#question');
  await page.locator('#cancel').click();
  await dialog.getByText('Task live of sync sync-of-live ends.').waitFor();
  await dialog.getByRole('button', {name: 'Let it run'}).click();
  assert.match(await page.locator('.verdict h2').textContent(), /Running/);
  await page.locator('#cancel').click();
  const [request] = await Promise.all([
    page.waitForRequest(one => one.url().includes('/cancel?')),
    dialog.getByRole('button', {name: 'Cancel the run'}).click()]);
  assert.equal(request.method(), 'POST');
  await until(() => page.locator('.verdict h2').textContent(),
    text => text.includes('Cancelled'));
  assert.ok(await page.locator('#cancel').isHidden());
  await page.context().close();
});

test('a controller that is away is told, and its return seen', async () => {
  let other = await Server.start();
  const page = await open('/#/runs', {url: other.url});
  await rows(page).first().waitFor();
  await other.stop();
  const notice = page.locator('#notice');
  await until(() => notice.textContent(), text => /does not answer/.test(text));
  // What was there stays.
  assert.equal(await rows(page).count(), 50);
  other = await Server.start('--port', new URL(other.url).port);
  await until(() => notice.textContent(), text => text === '');
  await page.context().close();
  await other.stop();
});

for (const colorScheme of ['light', 'dark'])
  test(`on a phone, ${colorScheme}`, async () => {
    const page = await open('/#/runs', {colorScheme, hasTouch: true,
      isMobile: true, viewport: {width: 360, height: 740}});
    await rows(page).first().waitFor();
    await assertFits(page);
    await page.locator('#tasks .name').nth(3).tap();
    await lines(page).first().waitFor();
    await assertFits(page);
    await page.getByRole('link', {name: 'All runs'}).tap();
    await rows(page).first().waitFor();
    await page.goto(server.url + runLink('million'));
    await lines(page).first().waitFor();
    await assertFits(page);
    await page.locator('#again').tap();
    await picture(page, 'phone-again-' + colorScheme);
    await page.context().close();
  });

test('a page of another origin can do nothing', async () => {
  // The same site, but another port; and one that is no site at all.
  const other = await Server.start();
  const target = server.url + '/cancel?syncId=sync-of-live&taskId=live';
  for (const url of [other.url, 'data:text/html,<title>x</title>']) {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(url);
    const statuses = [];
    page.on('response', answer => {
      if (answer.url() === target)
        statuses.push(answer.status());
    });
    await page.evaluate(async to => {
      for (const options of [
        {mode: 'no-cors'}, {mode: 'no-cors', method: 'POST', body: '{}'},
        {method: 'POST', headers: {'Content-Type': 'application/json'}}])
        await fetch(to, options).catch(() => {});
      const image = new Image();
      image.src = to;
      await new Promise(done => { image.onerror = image.onload = done; });
    }, target).catch(() => {});
    assert.ok(statuses.every(status => status === 403), String(statuses));
    await context.close();
  }
  await other.stop();
});

test('the page never broke its own policy', () => {
  assert.deepEqual(complaints, []);
});
