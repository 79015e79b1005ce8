// Drives Chromium. Reads a script of steps from standard input, prints one JSON array: what those
// steps found that look for something. What a page must not do ends it with an error: ask
// elsewhere than at the origins of the steps, write to the console, open a dialog.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const { modules, chromium: program, profile, steps } = JSON.parse(readFileSync(0, 'utf8'));
const origins = steps.filter((step) => step.url).map((step) => new URL(step.url).origin);
const { chromium } = await import(pathToFileURL(join(modules, 'playwright-core/index.mjs')));
const axe = readFileSync(join(modules, 'axe-core/axe.min.js'), 'utf8');

const context = await chromium.launchPersistentContext(profile, {
  executablePath: program,
  headless: true,
  viewport: { width: 1280, height: 900 },
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-lcd-text',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const faults = [];
const page = context.pages()[0] ?? await context.newPage();
page.setDefaultTimeout(30_000);
// Chromium itself notes a page whose status says that it failed.
const isStatus = (message) => message.location().url === page.url()
  && message.text().startsWith('Failed to load resource: the server responded with a status of 5');
page.on('console', (message) => {
  if (!isStatus(message)) faults.push(`console: ${message.text()}`);
});
page.on('pageerror', (error) => faults.push(`error: ${error.message}`));
page.on('dialog', (dialog) => { faults.push(`dialog: ${dialog.message()}`); dialog.dismiss(); });
context.on('request', (request) => {
  const { origin, protocol, href } = new URL(request.url());
  if (!origins.includes(origin) && protocol !== 'data:') faults.push(`asks ${href}`);
});

/** Everything that the page says, as text. */
const read = () => page.evaluate(() => {
  const text = (element) => element.textContent.replace(/\s+/g, ' ').trim();
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];
  const tables = all('details.data').map((details) => [
    text(details.querySelector('caption')),
    all('tbody tr, tfoot tr', details).map((row) => [...row.children].map(text)),
  ]);
  return {
    address: location.search,
    title: document.title,
    scripts: document.scripts.length,
    badge: all('.badge').map(text).join(),
    notices: all('.notice, .message').map(text),
    tiles: Object.fromEntries(all('.tile').map((tile) => [
      text(tile.querySelector('dt')), all('dd', tile).map(text)])),
    chosen: all('.chip').map(text),
    pressed: all('.pill[aria-current]').map(text),
    bars: Object.fromEntries(all('section:has(.bars)').map((section) => [
      text(section.querySelector('h2')), all('.bars li', section).map((row) => all(':scope > :not(.tip)', row).map(text).filter(Boolean).join(' '))])),
    compared: all('.compared').map(text).join(),
    drawn: all('svg[role=img]').map((svg) => text(svg.querySelector('title'))),
    tables: Object.fromEntries(tables),
  };
});

const actions = {
  async open({ url }) { return { status: (await page.goto(url)).status() }; },
  async look({ width, scheme }) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme: scheme });
  },
  async click({ within, name }) {
    await page.locator(within).getByRole('link', { name, exact: true }).click();
    await page.waitForLoadState();
  },
  /** A button of a filter: its text, and a number that is nobody's business here. */
  async press({ within, name }) {
    const escaped = name.replace(/[^a-z0-9 ]/gi, (sign) => `\\${sign}`);
    const links = page.locator(within).getByRole('link', { name: new RegExp(`^${escaped} [0-9,]+$`) });
    await links.click();
    await page.waitForLoadState();
  },
  async fill({ label, value }) { await page.getByLabel(label, { exact: true }).fill(value); },
  async choose({ label, value }) {
    await page.getByLabel(label, { exact: true }).selectOption({ label: value });
  },
  async apply() {
    await page.getByRole('button', { name: 'Apply' }).click();
    await page.waitForLoadState();
  },
  async unfold() {
    await page.evaluate(() => document.querySelectorAll('details').forEach((d) => { d.open = true; }));
  },
  async shot({ file, clip }) { await page.screenshot({ path: file, fullPage: !clip, clip }); },
  read,
  /** Which rules are broken, and where. The best practices, too. */
  async axe() {
    await page.evaluate(axe);
    const { violations, passes } = await page.evaluate(() => window.axe.run(document, {}));
    const broken = violations.map(({ id, nodes }) =>
      `${id}: ${nodes.map((node) => `${node.target} (${node.failureSummary})`).join('; ')}`);
    return { broken, passed: passes.length };
  },
  /** How far the page sticks out to the right. */
  async measure() {
    return page.evaluate(() => ({
      overflow: document.scrollingElement.scrollWidth - window.innerWidth,
    }));
  },
  /** What an SVG file says. */
  async drawing() {
    return page.evaluate(() => ({
      root: document.documentElement.tagName,
      texts: [...document.querySelectorAll('text')].map((element) => element.textContent),
    }));
  },
  /** Where the first element of each selector begins, from above; null where none is seen. */
  async tops({ selectors }) {
    const tops = {};
    for (const selector of selectors) {
      const element = page.locator(selector).first();
      tops[selector] = await element.isVisible() ? (await element.boundingBox()).y : null;
    }
    return tops;
  },
  async hover({ selector }) { await page.locator(selector).first().hover(); },
  async focus({ selector }) { await page.locator(selector).first().focus(); },
  async key({ name }) { await page.keyboard.press(name); },
  /** What pointer or focus make the page say. */
  async tips() {
    return page.evaluate(() => {
      const shown = [...document.querySelectorAll('.tip')].filter((tip) => tip.checkVisibility());
      const after = (input) => getComputedStyle(input, '::after').content;
      const values = [...document.querySelectorAll('.values input')].filter((input) => after(input) !== 'none');
      return [...shown.map((tip) => tip.textContent.trim()), ...values.map((input) => input.ariaLabel)];
    });
  },
  async tab({ times }) {
    const seen = [];
    for (let nth = 0; nth < times; nth += 1) {
      await page.keyboard.press('Tab');
      seen.push(await page.evaluate(() => document.activeElement.textContent.trim()));
    }
    return seen;
  },
};

const found = [];
try {
  for (const step of steps) {
    const result = await actions[step.do](step);
    if (result !== undefined) found.push(result);
  }
} finally {
  await context.close();
}
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
console.log(JSON.stringify(found));
