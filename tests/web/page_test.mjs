// The controller's web page in a real browser: clicks through every part of it,
// with a thousand tasks, a task with a million lines of log, and one whose every
// text tries to be HTML.
//
// PAGE_SERVER is the program page-server, CHROMIUM the browser, PICTURES a
// folder for screenshots.

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync} from 'node:fs';
import {createInterface} from 'node:readline';
import {after, before, test} from 'node:test';
import {chromium} from 'playwright-core';

// A search through a million lines is a thousand requests.
const patience = 90000;
const pictures = process.env.PICTURES;
mkdirSync(pictures, {recursive: true});

class Server {
  static async start(...options) {
    const out = new Server();
    out.child = spawn(process.env.PAGE_SERVER, options,
      {stdio: ['ignore', 'pipe', 'ignore']});
    const [line] = await once(createInterface(out.child.stdout), 'line');
    out.url = line;
    return out;
  }

  async stop() {
    this.child.kill('SIGTERM');
    if (this.child.exitCode === null)
      await once(this.child, 'exit');
  }
}

let browser;
let server;
// What the page itself has complained about.
const complaints = [];

before(async () => {
  server = await Server.start();
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: process.getuid() === 0 ? ['--no-sandbox'] : []});
});

after(async () => {
  await browser?.close();
  await server?.stop();
});

async function open(path = '/',
  {url = server.url, clock = false, ...options} = {}) {
  const context = await browser.newContext(
    {viewport: {width: 1280, height: 900}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on('pageerror', error => complaints.push(String(error)));
  page.on('console', message => {
    if (message.type() === 'error' && /Security Policy|Trusted/i.test(
      message.text()))
      complaints.push(message.text());
  });
  if (clock)
    await page.clock.install();
  await page.goto(url + path);
  return page;
}

const taskLink = id => '/#task=' + encodeURIComponent(id);
const names = page => page.locator('#tasks .name').allTextContents();
const lines = page => page.locator('#lines .line');
const logState = page => page.locator('#log-state');

// Waits until `look` gives what fits.
async function until(look, fits = value => value) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await look();
    if (fits(value))
      return value;
    assert.ok(Date.now() < end, 'in vain; at last ' + JSON.stringify(value));
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

const logSays = (page, pattern) =>
  until(() => logState(page).textContent(), text => pattern.test(text));

async function picture(page, name) {
  await page.screenshot({path: `${pictures}/${name}.png`});
}

// Nothing is wider than the screen.
async function assertFits(page) {
  const [width, screen] = await page.evaluate(
    () => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width <= screen, `${width} > ${screen}`);
}

test('a thousand tasks are paged through, there and back', async () => {
  const page = await open();
  await page.locator('#tasks li').first().waitFor();
  const first = await names(page);
  assert.equal(first.length, 50);
  assert.equal(first[0], 'sync-of-live');
  assert.ok(await page.locator('#newer').isDisabled());
  const seen = new Set();
  for (let number = 1;; ++number) {
    await until(() => page.locator('#page').textContent(),
      text => text === 'Page ' + number);
    for (const href of await page.locator('#tasks a').evaluateAll(
      all => all.map(one => one.getAttribute('href'))))
      seen.add(href);
    if (await page.locator('#older').isDisabled()) {
      assert.equal(number, 20);
      break;
    }
    await page.locator('#older').click();
  }
  assert.equal(seen.size, 1000);
  await page.locator('#newer').click();
  await until(() => page.locator('#page').textContent(),
    text => text === 'Page 19');
  await page.context().close();
});

test('tasks are found by status, sync and package', async () => {
  const page = await open();
  await page.locator('#tasks li').first().waitFor();
  const shown = part => page.locator('#tasks ' + part).allTextContents();
  await page.getByLabel('FAILED').check();
  await until(() => shown('.status'), all => all.length === 50
    && all.every(status => status === 'FAILED'));
  await page.getByLabel('PARTIAL').check();
  await until(() => shown('.status'), all => all.includes('PARTIAL')
    && all.every(status => ['FAILED', 'PARTIAL'].includes(status)));
  await page.locator('#by-sync').fill('sync-3');
  await until(() => names(page), all => all.length > 0
    && all.every(name => name === 'sync-3'));
  await page.locator('#by-package').fill('airbyte/source-postgres');
  await until(() => shown('.soft.value'), all => all.length > 0
    && all.every(image => image === 'airbyte/source-postgres:6.2.1'));
  await page.locator('#by-package').fill('nobody/knows');
  await page.getByText('No task fits.').waitFor();
  await page.context().close();
});

test('a task that runs is shown as it goes on, without flicker', async () => {
  const page = await open();
  await page.locator('#tasks a').first().click();
  await page.locator('#title').waitFor();
  assert.equal(await page.locator('#title').textContent(), 'sync-of-live');
  const users = page.locator('.stream').first();
  await users.waitFor();
  assert.equal(await page.locator('.stream').count(), 4);
  const rows = async () => Number((await users.locator('.numbers span').first()
    .textContent()).replace(/\D/g, ''));
  const width = () => users.locator('.fill').evaluate(
    element => parseFloat(element.style.width));
  // The very elements stay, and so does what is chosen in them.
  await page.evaluate(() => {
    window.kept = document.querySelector('.stream');
    getSelection().selectAllChildren(document.querySelector('#title'));
  });
  const [rowsBefore, widthBefore] = [await rows(), await width()];
  await until(rows, now => now > rowsBefore);
  await until(width, now => now > widthBefore);
  assert.equal(await page.evaluate(() => window.kept.isConnected
    && window.kept === document.querySelector('.stream')
    && String(getSelection())), 'sync-of-live');
  // Some 1,667 rows a second.
  const rate = async () => Number((await users.locator('.numbers span').nth(2)
    .textContent()).replace(/\D/g, ''));
  await until(rate, now => now > 1000 && now < 2500);
  assert.match(await users.textContent(), /% of 1,000,000/);
  assert.match(await page.locator('.stream').nth(1).textContent(),
    /no estimate/);
  await until(() => page.locator('#figures').textContent(),
    text => /states saved/.test(text));
  // States are shown as they were saved.
  const state = page.locator('.state').filter({hasText: 'users'});
  await state.locator('summary').click();
  await state.getByText('{"cursor":12345678901234567890123}').waitFor();
  await page.locator('.state').filter({hasText: 'products'})
    .locator('summary').click();
  await page.getByText('Too long to be shown.').waitFor();
  await state.scrollIntoViewIfNeeded();
  await picture(page, 'states');
  // The log follows.
  assert.ok(await page.locator('#follow').isChecked());
  const last = () => lines(page).last().textContent();
  const lastBefore = await last();
  await until(last, now => now !== lastBefore);
  const bottom = () => page.locator('#lines').evaluate(
    box => box.scrollHeight - box.scrollTop - box.clientHeight);
  await until(bottom, far => far < 60);
  await picture(page, 'running-light');
  await page.emulateMedia({colorScheme: 'dark'});
  await picture(page, 'running-dark');
  await assertFits(page);
  await page.context().close();
});

test('a million lines of log do not fill the tab', async () => {
  const page = await open(taskLink('million'));
  const most = 2000;
  const first = () => lines(page).first().locator('.message').textContent();
  const last = () => lines(page).last().locator('.message').textContent();
  const check = async () => assert.ok(await lines(page).count() <= most);
  // The end is what it begins with.
  await until(last, text => text === 'line 999999 has a needle');
  await check();
  const start = await first();
  await page.locator('#earlier').click();
  await until(first, text => text !== start);
  const numberOf = text => Number(text.match(/\d+/)[0]);
  // No gap and nothing twice.
  const all = async () => (await lines(page).locator('.message')
    .allTextContents()).map(numberOf);
  const numbers = await all();
  assert.ok(numbers.length > 250);
  numbers.forEach((number, i) => assert.equal(number, numbers[0] + i));
  for (let i = 0; i < 5; ++i) {
    const top = await first();
    await page.locator('#earlier').click();
    await until(first, text => text !== top);
    await check();
  }
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
  await logSays(page, /^10 of 1,000,000 lines looked at fit\. This is the end/);
  assert.equal(await lines(page).count(), 10);
  await page.locator('#search').fill('');
  await until(last, text => text === 'line 999999 has a needle');
  await page.locator('#level').selectOption('WARN and above');
  await until(() => lines(page).locator('.level').first().textContent(),
    text => text === 'WARN');
  await page.locator('#follow').check();
  await logSays(page, /of 1,000,000 lines looked at fit\. This is the end/);
  assert.equal(await lines(page).count(), 1000);
  await page.locator('#level').selectOption('ERROR and above');
  await logSays(page, /^10 of 1,000,000/);
  // A search that finds nothing can be stopped.
  await page.locator('#search').fill('nowhere to be found');
  await page.locator('#stop').click();
  await until(() => page.locator('#stop').isHidden());
  assert.match(await logState(page).textContent(), /There are later ones/);
  await page.locator('#last').click();
  const memory = await page.evaluate(() => performance.memory?.usedJSHeapSize);
  assert.ok(memory < 100e6, `${memory} bytes`);
  await page.context().close();
});

test('what others wrote stays text', async () => {
  const page = await open();
  const row = page.locator('#tasks a').filter({hasText: '<img'});
  await row.click();
  await page.locator('#view').waitFor();
  await lines(page).first().waitFor();
  for (const part of ['#title', '#error', '#facts', '#streams', '#figures',
    '#lines', '#tasks', '#states']) {
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
  await until(() => page.locator('#again-dialog .problem').textContent());
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  await page.keyboard.press('Escape');
  await picture(page, 'hostile');
  await assertFits(page);
  await page.context().close();
});

test('a link names a task that is HTML, or none', async () => {
  for (const hash of ['#task=%3Cimg%20src%3Dx%20onerror%3Dwindow.hacked%3D1%3E',
    '#task=%', '#task=', '#<script>']) {
    const page = await open('/' + hash);
    await page.locator('#tasks li').first().waitFor();
    assert.ok(await page.locator('#view').isHidden());
    assert.equal(await page.evaluate(() => window.hacked), undefined);
    await page.context().close();
  }
});

test('a token is asked for, kept in the tab and sent', async () => {
  const guarded = await Server.start('--token', 'the-token');
  const page = await open('/', {url: guarded.url, clock: true});
  const dialog = page.locator('#token-dialog');
  await dialog.getByText('The controller wants a token.').waitFor();
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
  await page.locator('#tasks li').first().waitFor();
  assert.ok(await dialog.isHidden());
  await page.locator('#tasks a').first().click();
  await lines(page).first().waitFor();
  await page.reload();
  await page.locator('#tasks li').first().waitFor();
  assert.equal(await page.evaluate(() => localStorage.length
    + document.cookie.length), 0);
  assert.ok(!page.url().includes('the-token'));
  await page.locator('#token-button').click();
  await page.getByRole('button', {name: 'Forget it'}).click();
  await dialog.getByText('The controller wants a token.').waitFor();
  assert.equal(await page.evaluate(() => sessionStorage.length), 0);
  await page.context().close();
  await guarded.stop();
});

test('a task is started again with pasted documents', async () => {
  const page = await open(taskLink('task-3'));
  await page.locator('#view').waitFor();
  await page.locator('#again').click();
  const dialog = page.locator('#again-dialog');
  assert.equal(await page.locator('[name=package]').inputValue(),
    'airbyte/source-postgres');
  assert.equal(await page.locator('[name=syncId]').inputValue(), 'sync-3');
  const id = await page.locator('[name=taskId]').inputValue();
  assert.match(id, /^[0-9a-f]{32}$/);
  const start = dialog.getByRole('button', {name: 'Start', exact: true});
  const body = page.locator('[name=body]');
  await body.fill('{');
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
    text => text.includes(id) && text.includes('RUNNING'));
  assert.ok(await dialog.isHidden());
  assert.equal(await body.inputValue(), '');
  await page.context().close();
});

test('keys are enough', async () => {
  const page = await open();
  await page.locator('#tasks li').first().waitFor();
  const focus = () => page.evaluate(() => document.activeElement.id
    || document.activeElement.getAttribute('href'));
  await page.keyboard.press('Tab');
  assert.equal(await focus(), '#list');
  await page.keyboard.press('Enter');
  for (let i = 0; i < 20 && !/^#task=/.test(await focus()); ++i)
    await page.keyboard.press('Tab');
  assert.match(await focus(), /^#task=/);
  await page.keyboard.press('Enter');
  await page.locator('#view').waitFor();
  await page.locator('#search').focus();
  await page.keyboard.type('line 1');
  await page.keyboard.press('Tab');
  assert.equal(await focus(), 'lines');
  await page.locator('#again').focus();
  await page.keyboard.press('Enter');
  assert.ok(await page.locator('#again-dialog').isVisible());
  await page.keyboard.press('Escape');
  assert.ok(await page.locator('#again-dialog').isHidden());
  assert.equal(await focus(), 'again');
  await page.context().close();
});

test('a task is cancelled, after a question', async () => {
  const page = await open(taskLink('live'));
  await page.locator('#view').waitFor();
  const dialog = page.locator('#cancel-dialog');
  await page.locator('#cancel').click();
  await dialog.getByText('Task live of sync sync-of-live').waitFor();
  await dialog.getByRole('button', {name: 'Let it run'}).click();
  assert.match(await page.locator('#facts').textContent(), /RUNNING/);
  await page.locator('#cancel').click();
  const [request] = await Promise.all([
    page.waitForRequest(one => one.url().includes('/cancel?')),
    dialog.getByRole('button', {name: 'Cancel the task'}).click()]);
  assert.equal(request.method(), 'POST');
  await until(() => page.locator('#facts').textContent(),
    text => text.includes('CANCELLED'));
  assert.ok(await page.locator('#cancel').isDisabled());
  await until(() => page.locator('#tasks .status').allTextContents(),
    all => all.includes('CANCELLED'));
  await page.context().close();
});

test('a controller that is away is told, and its return seen', async () => {
  let other = await Server.start();
  const page = await open('/', {url: other.url});
  await page.locator('#tasks li').first().waitFor();
  await other.stop();
  const notice = page.locator('#notice');
  await until(() => notice.textContent(), text => /does not answer/.test(text));
  // What was there stays.
  assert.equal(await page.locator('#tasks li').count(), 50);
  other = await Server.start('--port', new URL(other.url).port);
  await until(() => notice.textContent(), text => text === '');
  await page.context().close();
  await other.stop();
});

for (const colorScheme of ['light', 'dark'])
  test(`on a phone, ${colorScheme}`, async () => {
    const page = await open('/', {colorScheme, hasTouch: true, isMobile: true,
      viewport: {width: 360, height: 740}});
    await page.locator('#tasks li').first().waitFor();
    await assertFits(page);
    await picture(page, 'phone-list-' + colorScheme);
    assert.ok(await page.locator('#task').isHidden());
    await page.locator('#tasks a').nth(3).tap();
    await lines(page).first().waitFor();
    assert.ok(await page.locator('#list').isHidden());
    await assertFits(page);
    await picture(page, 'phone-task-' + colorScheme);
    await page.getByText('All tasks').tap();
    await page.locator('#list').waitFor();
    await page.goto(server.url + taskLink('million'));
    await lines(page).first().waitFor();
    await assertFits(page);
    await page.locator('#again').tap();
    await picture(page, 'phone-again-' + colorScheme);
    await page.context().close();
  });

for (const colorScheme of ['light', 'dark'])
  test(`on a desktop, ${colorScheme}`, async () => {
    const page = await open(taskLink('task-2'), {colorScheme});
    await lines(page).first().waitFor();
    await assertFits(page);
    await picture(page, 'failed-' + colorScheme);
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
