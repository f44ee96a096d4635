import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { PageData } from '../../src/report/html/data.js';
import { encode } from '../../src/report/html/encode.js';
import { page as pageOf } from '../../src/report/html/page.js';
import type { AnyRecord, HeaderRecord } from '../../src/report/records.js';
import { PictureBuilder } from '../../src/report/timeline/picture.js';
import { zaptrace } from '../cli/process.js';
import { fixture } from '../helpers.js';
import { seen, skip, withBrowser } from './browser.js';
import { violationTrace } from './sample.js';

const LEAK = fixture('captures/6.12-zaprace-mmap-leak/tc331.dat');
const NATURAL = fixture('captures/6.12-zaprace-natural-stray/tc331us.dat');

const cache = new Map<string, Promise<string>>();

/** The page as the installed program writes it. */
function written(trace: string): Promise<string> {
  let html = cache.get(trace);
  if (html === undefined) {
    html = zaptrace(['timeline', '-f', 'html', trace]).then((result) => {
      assert.equal(result.code, 0, result.stderr);
      return result.stdout;
    });
    cache.set(trace, html);
  }
  return html;
}

const dataOf = (html: string): PageData =>
  JSON.parse(/<script type="application\/json" id="data">(.*?)<\/script>/s.exec(html)![1]);

function fromRecords(records: readonly AnyRecord[]): string {
  const builder = new PictureBuilder(records[0] as HeaderRecord, { marks: 1000 });
  for (const record of records) builder.write(record);
  return pageOf(encode(builder.picture(null), '0', []));
}

describe('the page in Chromium', { skip }, () => {
  const browser = withBrowser();

  it('opens without an error, and nothing leaves it', async () => {
    const { page, problems, requests } = await browser.open(await written(LEAK));
    assert.match(await page.title(), /^violation: .*tc331\.dat$/);
    assert.equal(await page.locator('.finding').count(), 26);
    assert.deepEqual(problems, []);
    assert.deepEqual(requests, []);
    await page.close();
  });

  it('draws: the stray span is red, the blocked one beside it is not', async () => {
    const { page } = await browser.open(await written(LEAK), '#F2');
    await page.keyboard.press('Escape');
    const { t0, t1 } = await seen(page);
    const data = dataOf(await written(LEAK));
    const finding = data.findings.find((f) => f.id === 'F2')!;
    const box = (await page.locator('#canvas').boundingBox())!;
    const x = 240 + ((finding.t + finding.exposed! / 2 - t0) / (t1 - t0)) * (box.width - 240);
    const colours = await page.evaluate(
      ([px]) => {
        const pen = (
          globalThis as unknown as {
            document: {
              getElementById(id: string): {
                getContext(k: string): {
                  getImageData(x: number, y: number, w: number, h: number): { data: number[] };
                };
              };
            };
          }
        ).document
          .getElementById('canvas')
          .getContext('2d');
        const at = (y: number) => [...pen.getImageData(px, y, 1, 1).data].slice(0, 3);
        return { vma1: at(28 + 4 + 24 + 10), vma2: at(28 + 4 + 24 + 20 + 10) };
      },
      [Math.round(x)],
    );
    assert.deepEqual(colours.vma2, [217, 45, 32]);
    assert.deepEqual(colours.vma1, [213, 217, 222]);
    await page.close();
  });

  it('a finding that is clicked is zoomed to, chosen, and told', async () => {
    const { page, problems } = await browser.open(await written(LEAK));
    const whole = await seen(page);
    await page.click('[data-finding=F9]');
    const view = await seen(page);
    const finding = dataOf(await written(LEAK)).findings.find((f) => f.id === 'F9')!;
    const times = [...finding.evidence.map((e) => e.t), finding.t + finding.exposed!];
    assert.ok(view.t0 < Math.min(...times) && view.t1 > Math.max(...times), 'all of it is seen');
    assert.ok(view.t1 - view.t0 < (Math.max(...times) - Math.min(...times)) * 1.3, 'and little else');
    assert.ok(view.t1 - view.t0 < (whole.t1 - whole.t0) / 4);
    assert.equal(await page.locator('.finding.chosen b').textContent(), 'F9');
    assert.match(
      (await page.locator('#detail').textContent())!,
      /survived the zap.*Evidence.*remap_pfn_range\(vma=/s,
    );
    assert.equal(await page.locator('.evidence li').count(), finding.evidence.length);
    assert.match(page.url(), /#F9$/);
    await page.keyboard.press('n');
    assert.equal(await page.locator('.finding.chosen b').textContent(), 'F11');
    await page.keyboard.press('Escape');
    assert.equal(await page.locator('.finding.chosen').count(), 0);
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('search finds a VMA by id, by an address inside it, by pid and by task, and shows it', async () => {
    const { page } = await browser.open(await written(LEAK));
    const data = dataOf(await written(LEAK));
    const vma = data.vmas.find((v) => v.id === 'vma17')!;
    const inside = `0x${(BigInt(vma.start!) + 0x1234n).toString(16)}`;
    for (const [text, most] of [
      ['vma17', 1],
      [vma.pointer, 30],
      [inside, 30],
      [vma.task, 3],
      [vma.task.split('-')[1], 3],
    ] as const) {
      await page.fill('#search', '');
      await page.keyboard.press('0');
      await page.fill('#search', text);
      const found = /^1 of (\d+)$/.exec((await page.locator('#found').textContent())!);
      assert.ok(found && Number(found[1]) >= 1 && Number(found[1]) <= most, `${text}: ${found?.[0]}`);
    }
    await page.fill('#search', 'vma17');
    const view = await seen(page);
    assert.ok(view.t0 < vma.created! && view.t1 > vma.removed!);
    assert.ok(view.t1 - view.t0 < (data.end - data.start) / 3);
    await page.fill('#search', 'no such thing');
    assert.equal(await page.locator('#found').textContent(), 'nothing found');
    await page.close();
  });

  it('hovering shows the event, the state and the zap', async () => {
    const { page } = await browser.open(await written(LEAK), '#F2');
    const { t0, t1 } = await seen(page);
    const finding = dataOf(await written(LEAK)).findings.find((f) => f.id === 'F2')!;
    const box = (await page.locator('#canvas').boundingBox())!;
    const hover = async (t: number, y: number) => {
      await page.mouse.move(box.x + 240 + ((t - t0) / (t1 - t0)) * (box.width - 240), box.y + y);
      return (await page.locator('#tip').textContent())!;
    };
    const install = finding.evidence.find((e) => e.role === 'install')!;
    assert.match(
      await hover(install.t, 28 + 4 + 24 + 30),
      /^remap_pfn_range\(addr=0x7f3e6c155000\) = 0\n17\.607311281, .*\nzrlab-245 on CPU 1, offset/,
    );
    assert.match(await hover(finding.t + 3e7, 28 + 4 + 24 + 30), /^vma2: stray PTEs \(F2\)\nfor 84\.9 ms/);
    assert.match(
      await hover(finding.t + 3e7, 28 + 4 + 12),
      /^zap1: zaprace_zap\n.*\nunblocked after 86\.8 ms\nzrlab-244 on CPU 1\nvisited 1 VMA, cleared 4 pages/s,
    );
    await page.mouse.move(box.x + 50, box.y + 28 + 4 + 24 + 30);
    assert.match(
      (await page.locator('#tip').textContent())!,
      /^vma2 0x7f3e6c155000-0x7f3e6c15d000\n.*in the rmap 17\.728647184/s,
    );
    await page.close();
  });

  it('wheel, drag, keys and the strip move the view, and never out of the trace', async () => {
    const { page, problems } = await browser.open(await written(NATURAL));
    const whole = await seen(page);
    await page.mouse.move(800, 300);
    await page.mouse.wheel(0, -600);
    const near = await seen(page);
    assert.ok(near.t1 - near.t0 < (whole.t1 - whole.t0) * 0.5);
    const at = (v: { t0: number; t1: number }) => v.t0 + ((800 - 240) / (1050 - 240)) * (v.t1 - v.t0);
    assert.ok(
      Math.abs(at(near) - at(whole)) < (near.t1 - near.t0) * 0.02,
      'what is under the pointer stays there',
    );
    await page.mouse.down();
    await page.mouse.move(700, 300, { steps: 4 });
    await page.mouse.up();
    const moved = await seen(page);
    assert.ok(moved.t0 > near.t0 && Math.abs(moved.t1 - moved.t0 - (near.t1 - near.t0)) < 1);
    for (let i = 0; i < 60; i++) await page.keyboard.press('ArrowLeft');
    assert.equal((await seen(page)).t0, whole.t0);
    await page.keyboard.press('0');
    assert.deepEqual(await seen(page), whole);
    for (let i = 0; i < 80; i++) await page.keyboard.press('+');
    const deepest = await seen(page);
    assert.ok(deepest.t1 - deepest.t0 >= 19, 'nanoseconds are the end');
    await page.mouse.click(300, 75);
    assert.ok((await seen(page)).t0 < deepest.t0);
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('keys of the page do not eat what is typed into the search', async () => {
    const { page } = await browser.open(await written(LEAK));
    const whole = await seen(page);
    await page.keyboard.press('/');
    await page.keyboard.type('nnn00wws');
    assert.equal(await page.inputValue('#search'), 'nnn00wws');
    assert.deepEqual(await seen(page), whole);
    await page.close();
  });

  it('is dark where the system is, and light when asked', async () => {
    const { page, problems } = await browser.open(await written(LEAK));
    const ground = () =>
      page.evaluate(
        () =>
          (
            globalThis as unknown as {
              getComputedStyle(e: unknown): { backgroundColor: string };
              document: { body: unknown };
            }
          ).getComputedStyle((globalThis as unknown as { document: { body: unknown } }).document.body)
            .backgroundColor,
      );
    await page.emulateMedia({ colorScheme: 'dark' });
    assert.equal(await ground(), 'rgb(22, 24, 28)');
    await page.click('#theme');
    assert.equal(await ground(), 'rgb(255, 255, 255)');
    assert.deepEqual(problems, []);
    await page.close();
  });

  it('prints all lanes', async () => {
    const { page } = await browser.open(await written(LEAK));
    const pdf = await page.pdf({ landscape: true });
    assert.ok(pdf.length > 20_000, `${pdf.length} bytes`);
    assert.equal(pdf.subarray(0, 5).toString(), '%PDF-');
    await page.close();
  });

  it('text of a trace is never markup and never script', async () => {
    const records = violationTrace(
      '</title></script><script>alert(1)</script><img src=x onerror=alert(2)>.dat',
    );
    for (const record of records) {
      if (record.type === 'finding') {
        record.message = '<img src="http://192.0.2.1/x" onerror="alert(3)">&amp;</script>';
        for (const e of record.evidence) e.comm = '<b>\u2028</script>';
      }
      if (record.type === 'vma') record.comm = '<script>alert(4)</script>';
    }
    const { page, problems, requests } = await browser.open(fromRecords(records));
    await page.locator('.finding').first().click();
    assert.equal(await page.locator('img, b script, #detail b > b').count(), 0);
    assert.match((await page.locator('#detail').textContent())!, /<img src="http:/);
    assert.match((await page.locator('h1').textContent())!, /<script>alert\(1\)/);
    assert.deepEqual(problems, []);
    assert.deepEqual(requests, []);
    await page.close();
  });

  it('even a script that got into the page would not run', async () => {
    const html = (await written(LEAK)).replace(
      '</main>',
      '</main><script>document.title = "broken"</script><img src="http://192.0.2.1/x">',
    );
    const { page, problems } = await browser.open(html);
    assert.match(await page.title(), /^violation/);
    assert.equal(problems.filter((p) => p.includes('Content Security Policy')).length, 2);
    await page.close();
  });
});
