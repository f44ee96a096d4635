import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before } from 'node:test';
import { pathToFileURL } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';

/** A Chromium of the system (`apt-get install chromium`), or the one that CHROMIUM names. */
const PATHS = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
];
export const CHROMIUM = PATHS.find((path) => path !== undefined && existsSync(path));

/** For node:test: false, or why the tests of pages cannot run. Said loudly: a skipped test proves nothing. */
export const skip =
  CHROMIUM === undefined ? 'NO CHROMIUM: pages are not tested (apt-get install chromium)' : false;
if (skip) process.stderr.write(`\n${skip}\n\n`);

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** A page that was opened, and everything that went wrong or left it. */
export interface Opened {
  readonly page: Page;
  readonly problems: string[];
  readonly requests: string[];
}

/** One browser for all tests of a file. */
export function withBrowser(): { open(html: string, hash?: string): Promise<Opened> } {
  let browser: Browser | undefined;
  const directory = mkdtempSync(join(tmpdir(), 'zaptrace-page-'));
  before(async () => {
    if (CHROMIUM !== undefined) browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  });
  after(async () => {
    await browser?.close();
    rmSync(directory, { recursive: true, force: true });
  });
  let n = 0;
  return {
    async open(html, hash = '') {
      const file = join(directory, `page${n++}.html`);
      writeFileSync(file, html);
      const page = await browser!.newPage({ viewport: { width: 1400, height: 860 } });
      const problems: string[] = [];
      const requests: string[] = [];
      page.on('console', (message) => {
        if (message.type() !== 'log' && message.type() !== 'info')
          problems.push(`${message.type()}: ${message.text()}`);
      });
      page.on('pageerror', (error) => problems.push(String(error)));
      page.on('dialog', (dialog) => {
        problems.push(`dialog: ${dialog.message()}`);
        void dialog.dismiss();
      });
      page.on('request', (request) => requests.push(request.url()));
      const url = `${pathToFileURL(file).href}${hash}`;
      await page.goto(url);
      await page.waitForSelector('html[data-ready=yes]', { timeout: 10_000 });
      return {
        page,
        problems,
        requests: requests.filter((r) => !r.startsWith('file:') && !r.startsWith('data:')),
      };
    },
  };
}

/** Times at the edges of the tracks. */
export async function seen(page: Page): Promise<{ t0: number; t1: number }> {
  await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
  const [t0, t1] = await page.$eval('#canvas', (canvas) => {
    const { dataset } = canvas as unknown as { dataset: Record<string, string> };
    return [Number(dataset.t0), Number(dataset.t1)];
  });
  return { t0, t1 };
}
