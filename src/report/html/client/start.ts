import type { FindingData, PageData } from '../data.js';
import { describeAt } from './describe.js';
import type { PageElement, PageWindow } from './dom.js';
import { bindKeys } from './keys.js';
import { layoutLanes } from './lanes.js';
import { paintOverview } from './overview.js';
import { paintScene } from './paint.js';
import { listFindings, showFinding } from './panel.js';
import { bindPointer } from './pointer.js';
import { decodeScene } from './scene.js';
import { searchLanes } from './search.js';
import { themeOf } from './theme.js';
import { laneAt, lookAt, spanOfFinding, type View } from './view.js';

/** What the parts of the page do to one another. */
export interface Page {
  readonly view: View;
  /** Draws again, soon. */
  draw(): void;
  lookAt(t0: number, t1: number): void;
  /** Zooms around a place of the canvas. */
  zoom(factor: number, x: number): void;
  pan(pixels: number): void;
  scroll(pixels: number): void;
  fit(): void;
  choose(finding: FindingData | null): void;
  /** The next or previous finding. */
  step(by: number): void;
  hover(x: number, y: number): void;
  leave(): void;
}

/** Brings the page to life. */
export function startPage(window: PageWindow): void {
  const { document } = window;
  const element = (id: string): PageElement => document.getElementById(id)!;
  const data = JSON.parse(element('data').textContent ?? '') as PageData;
  const scene = decodeScene(data);
  const { lanes, height } = layoutLanes(scene);
  const canvas = element('canvas');
  const strip = element('overview');
  const tip = element('tip');
  const found = element('found');
  const search = element('search');
  const view: View = {
    t0: data.start,
    t1: data.end,
    scroll: 0,
    width: 0,
    height: 0,
    gutter: 240,
    axis: 28,
    lane: -1,
    finding: null,
  };

  const dark = () => {
    const chosen = document.documentElement.dataset.theme;
    return chosen === undefined || chosen === ''
      ? window.matchMedia('(prefers-color-scheme: dark)').matches
      : chosen === 'dark';
  };
  const fitCanvas = (target: PageElement, width: number, tall: number) => {
    const ratio = window.devicePixelRatio || 1;
    if (target.width !== Math.round(width * ratio) || target.height !== Math.round(tall * ratio)) {
      target.width = Math.round(width * ratio);
      target.height = Math.round(tall * ratio);
    }
    const pen = target.getContext('2d');
    pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    return pen;
  };
  let printing = false;
  const paint = () => {
    view.width = canvas.clientWidth;
    view.height = printing ? height + view.axis : canvas.clientHeight;
    view.scroll = Math.max(0, Math.min(view.scroll, height + view.axis - view.height));
    const theme = themeOf(dark() && !printing);
    paintScene(fitCanvas(canvas, view.width, view.height), scene, lanes, view, theme);
    paintOverview(fitCanvas(strip, view.width, strip.clientHeight), scene, view, strip.clientHeight, theme);
    canvas.dataset.t0 = String(view.t0);
    canvas.dataset.t1 = String(view.t1);
  };
  let waiting = false;
  const draw = () => {
    if (waiting) return;
    waiting = true;
    window.requestAnimationFrame(() => {
      waiting = false;
      paint();
    });
  };

  const showLane = (i: number) => {
    view.lane = i;
    const lane = lanes[i];
    if (lane === undefined) return;
    const room = view.height - view.axis;
    if (lane.y < view.scroll || lane.y + lane.height > view.scroll + room) view.scroll = lane.y - room / 3;
  };
  const buttons = listFindings(document, scene, element('list'), (finding) => page.choose(finding));
  const order = [...buttons.keys()].map((id) => data.findings.find((f) => f.id === id)!);

  const page: Page = {
    view,
    draw,
    lookAt: (t0, t1) => {
      lookAt(view, t0, t1, data.start, data.end);
      draw();
    },
    zoom: (factor, x) => {
      const part = Math.max(0, (x - view.gutter) / (view.width - view.gutter));
      const t = view.t0 + part * (view.t1 - view.t0);
      const width = (view.t1 - view.t0) * factor;
      page.lookAt(t - part * width, t + (1 - part) * width);
    },
    pan: (pixels) => {
      const by = (pixels / (view.width - view.gutter)) * (view.t1 - view.t0);
      page.lookAt(view.t0 + by, view.t1 + by);
    },
    scroll: (pixels) => {
      view.scroll += pixels;
      draw();
    },
    fit: () => page.lookAt(data.start, data.end),
    choose: (finding) => {
      view.finding = finding;
      for (const [id, button] of buttons) button.classList.toggle('chosen', id === finding?.id);
      showFinding(document, scene, element('detail'), finding);
      if (finding !== null) {
        const span = spanOfFinding(finding);
        showLane(lanes.findIndex((lane) => lane.kind === 'vma' && lane.index === finding.vma));
        page.lookAt(span.t0, span.t1);
        buttons.get(finding.id)?.scrollIntoView({ block: 'nearest' });
        window.history.replaceState(null, '', `#${finding.id}`);
      }
      draw();
    },
    step: (by) => {
      if (order.length === 0) return;
      const at = view.finding === null ? (by > 0 ? -1 : 0) : order.indexOf(view.finding);
      page.choose(order[(at + by + order.length) % order.length]);
    },
    hover: (x, y) => {
      const i = laneAt(lanes, y, view);
      const lines = i < 0 ? [] : describeAt(scene, lanes[i], x, view);
      tip.hidden = lines.length === 0;
      tip.textContent = lines.join('\n');
      tip.style.left = `${Math.max(0, Math.min(x + 14, view.width - tip.offsetWidth - 8))}px`;
      tip.style.top = `${y + 18 + tip.offsetHeight > view.height ? y - tip.offsetHeight - 10 : y + 18}px`;
    },
    leave: () => {
      tip.hidden = true;
    },
  };

  let hits: number[] = [];
  let hit = -1;
  const showHit = (by: number) => {
    if (hits.length === 0) return;
    hit = (hit + by + hits.length) % hits.length;
    found.textContent = `${hit + 1} of ${hits.length}`;
    const lane = lanes[hits[hit]];
    showLane(hits[hit]);
    if (lane.kind === 'vma') {
      const { start } = scene.spans[lane.index];
      const room = (start[start.length - 1] - start[0]) * 0.1;
      page.lookAt(start[0] - room, start[start.length - 1] + room);
    }
    draw();
  };
  search.addEventListener('input', () => {
    hits = searchLanes(scene, lanes, search.value);
    hit = -1;
    found.textContent = search.value.trim() === '' ? '' : 'nothing found';
    if (hits.length > 0) showHit(1);
    else {
      view.lane = -1;
      draw();
    }
  });
  search.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') showHit(event.shiftKey ? -1 : 1);
    if (event.key === 'Escape') {
      search.value = '';
      found.textContent = '';
      view.lane = -1;
      canvas.focus();
      draw();
    }
  });

  bindPointer(page, canvas, strip, data, () => scene, lanes);
  bindKeys(window, page);
  element('theme').addEventListener('click', () => {
    document.documentElement.dataset.theme = dark() ? 'light' : 'dark';
    draw();
  });
  window.matchMedia('(prefers-color-scheme: dark)').addEventListener('change', draw);
  window.addEventListener('resize', draw);
  window.addEventListener('beforeprint', () => {
    printing = true;
    canvas.style.height = `${height + view.axis}px`;
    paint();
  });
  window.addEventListener('afterprint', () => {
    printing = false;
    canvas.style.height = '';
    draw();
  });
  paint();
  const wanted = data.findings.find((f) => `#${f.id}` === window.location.hash);
  if (wanted !== undefined) page.choose(wanted);
  document.documentElement.dataset.ready = 'yes';
}
