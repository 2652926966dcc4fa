// What the tests of the page share: a browser, pages in it, waiting, and axe.
//
// CHROMIUM is the browser, PICTURES a folder for screenshots, PAGE_HTML the page
// as CMake joins it.

import assert from 'node:assert/strict';
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {mkdirSync, readFileSync} from 'node:fs';
import {createRequire} from 'node:module';
import {createInterface} from 'node:readline';
import {chromium} from 'playwright-core';

// The longest wait for anything, in milliseconds: a connector of Python takes its
// time to begin on a machine that is busy.
export const patience = Number(process.env.PATIENCE || 300000);
const pictures = process.env.PICTURES;
mkdirSync(pictures, {recursive: true});

// What pages themselves have complained about.
export const complaints = [];

export class Server {
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

export async function startBrowser() {
  browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: process.getuid() === 0 ? ['--no-sandbox'] : []});
  return browser;
}

export async function stopBrowser() {
  await browser?.close();
}

export async function openPage(url, {clock = false, ...options} = {}) {
  const context = await browser.newContext(
    {viewport: {width: 1280, height: 900}, ...options});
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on('pageerror', error => complaints.push(String(error.stack || error)));
  page.on('console', message => {
    if (message.type() === 'error' && /Security Policy|Trusted/i.test(
      message.text()))
      complaints.push(message.text());
  });
  if (clock)
    await page.clock.install();
  await page.goto(url);
  return page;
}

// Waits until `look` gives what fits.
export async function until(look, fits = value => value) {
  const end = Date.now() + patience;
  for (;;) {
    const value = await look();
    if (fits(value))
      return value;
    assert.ok(Date.now() < end, 'in vain; at last ' + JSON.stringify(value));
    await new Promise(resolve => setTimeout(resolve, 50));
  }
}

export const picture = (page, name) =>
  page.screenshot({path: `${pictures}/${name}.png`});

// Nothing is wider than the screen.
export async function assertFits(page) {
  const [width, screen] = await page.evaluate(
    () => [document.documentElement.scrollWidth, innerWidth]);
  assert.ok(width <= screen, `${width} > ${screen}`);
}

export const isHacked = page => page.evaluate(() => window.hacked);
export const focusOf = page => page.evaluate(() => {
  const one = document.activeElement;
  return one.id || one.getAttribute('href') || one.textContent;
});

const axe = readFileSync(createRequire(import.meta.url).resolve(
  'axe-core/axe.min.js'), 'utf8');

// What axe finds against WCAG 2.2 AA and good practice.
export async function axeFinds(page) {
  await page.evaluate(axe);
  return page.evaluate(async () => (await window.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
      'best-practice']})).violations.map(one => `${one.id}: `
    + one.nodes.slice(0, 3).map(node => node.html.slice(0, 200)).join(' || ')));
}

// What is shown must be told apart: the contrast of two colours.
export async function contrastOf(page, selector, property, behind) {
  return page.evaluate(([where, name, back]) => {
    const of = text => {
      const [r, g, b] = text.match(/[\d.]+/g).map(Number).slice(0, 3)
        .map(part => part / 255).map(part => part <= .04045 ? part / 12.92
          : ((part + .055) / 1.055) ** 2.4);
      return .2126 * r + .7152 * g + .0722 * b;
    };
    const one = of(getComputedStyle(document.querySelector(where))[name]);
    const other = of(getComputedStyle(document.querySelector(back))
      .backgroundColor);
    return (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
  }, [selector, property, behind]);
}

// Why a test of what an API does not have is skipped; '' if it has it. `path` is
// one of its paths, `parameter` one of that path's.
export async function lacks(url, path, parameter = '') {
  const {paths} = await (await fetch(url + '/openapi.json')).json();
  if (!paths[path])
    return `this API has no ${path}`;
  return !parameter || JSON.stringify(paths[path]).includes(
    `"name":"${parameter}"`) ? '' : `${path} takes no ${parameter} here`;
}
