#!/usr/bin/env node
// Makes the pictures of the documents from the shipped captures: `npm run pictures`. With --check it only says which
// ones are not what the program draws now (the screenshot is left out: it depends on the browser and its fonts).
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const captures = 'fixtures/captures';

const PICTURES = [
  ['race.svg', ['timeline', '-f', 'svg', '--until', '+0.14', `${captures}/6.12-zaprace-mmap-leak/tc331.dat`]],
  ['huge.svg', ['timeline', '-f', 'svg', `${captures}/6.12-vfio-huge/tc331.dat`]],
];

const SCREENSHOT = [
  'page.png',
  ['timeline', '-f', 'html', `${captures}/6.12-zaprace-mmap-leak/tc331.dat`],
  '#F20',
];

/** Documents whose ```console blocks hold what their commands print. */
const DOCUMENTS = ['docs/explain.md', 'docs/timeline.md'];

const check = process.argv.includes('--check');
const stale = [];

function zaptrace(args) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'bin/zaptrace'), ...args], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
    maxBuffer: 1 << 28,
  });
  if (status !== 0 || stderr !== '') throw new Error(`zaptrace ${args.join(' ')}: ${status} ${stderr}`);
  return stdout;
}

function put(name, text) {
  const path = join(root, name);
  const old = existsSync(path) ? readFileSync(path, 'utf8') : null;
  if (old === text) return;
  if (check) stale.push(name);
  else {
    writeFileSync(path, text);
    console.log(`made ${name}`);
  }
}

for (const [name, args] of PICTURES) put(`docs/pictures/${name}`, zaptrace(args));

for (const document of DOCUMENTS) {
  const text = readFileSync(join(root, document), 'utf8');
  const filled = text.replace(/^```console\n\$ (.*)\n[\s\S]*?^```$/gm, (block, command) => {
    // A command with a pipe needs other programs; test/docs-examples.test.ts runs those.
    if (!command.startsWith('zaptrace ') || command.includes('|')) return block;
    return `\`\`\`console\n$ ${command}\n${zaptrace(command.split(' ').slice(1))}\`\`\``;
  });
  put(document, filled);
}

if (check) {
  for (const name of stale) console.error(`${name} is not what the program draws now: npm run pictures`);
  process.exitCode = stale.length > 0 ? 1 : 0;
} else {
  await screenshot(...SCREENSHOT);
}

async function screenshot(name, args, hash) {
  const chromium = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser'].find(
    (path) => path !== undefined && existsSync(path),
  );
  if (chromium === undefined) {
    console.error(`NO CHROMIUM: docs/pictures/${name} is left as it is (apt-get install chromium)`);
    return;
  }
  const directory = mkdtempSync(join(tmpdir(), 'zaptrace-pictures-'));
  const { chromium: driver } = await import('playwright-core');
  const browser = await driver.launch({ executablePath: chromium, args: ['--no-sandbox', '--disable-gpu'] });
  try {
    const file = join(directory, 'page.html');
    writeFileSync(file, zaptrace(args));
    const page = await browser.newPage({ viewport: { width: 1280, height: 820 } });
    await page.goto(pathToFileURL(file).href + hash);
    await page.waitForSelector('html[data-ready=yes]');
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    await page.screenshot({ path: join(root, 'docs/pictures', name) });
    console.log(`made docs/pictures/${name}`);
  } finally {
    await browser.close();
    rmSync(directory, { recursive: true, force: true });
  }
}
