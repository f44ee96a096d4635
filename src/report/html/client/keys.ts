import type { PageWindow } from './dom.js';
import type { Page } from './start.js';

/** Buttons and keys. */
export function bindKeys(window: PageWindow, page: Page): void {
  const { document } = window;
  const help = document.getElementById('keys')!;
  const { view } = page;
  const middle = () => view.gutter + (view.width - view.gutter) / 2;
  const actions: Record<string, () => void> = {
    ArrowLeft: () => page.pan(-80),
    ArrowRight: () => page.pan(80),
    ArrowUp: () => page.scroll(-40),
    ArrowDown: () => page.scroll(40),
    PageUp: () => page.scroll(-view.height * 0.8),
    PageDown: () => page.scroll(view.height * 0.8),
    a: () => page.pan(-80),
    d: () => page.pan(80),
    w: () => page.zoom(0.7, middle()),
    s: () => page.zoom(1 / 0.7, middle()),
    '+': () => page.zoom(0.7, middle()),
    '=': () => page.zoom(0.7, middle()),
    '-': () => page.zoom(1 / 0.7, middle()),
    '0': () => page.fit(),
    Home: () => page.fit(),
    f: () => page.fit(),
    n: () => page.step(1),
    p: () => page.step(-1),
    Escape: () => page.choose(null),
    '/': () => {
      document.getElementById('search')!.focus();
      document.getElementById('search')!.select();
    },
    '?': () => help.showModal(),
  };
  window.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.tagName === 'INPUT' || help.open) return;
    const onButton = event.target.tagName === 'BUTTON' || event.target.tagName === 'SUMMARY';
    const action = actions[event.key];
    if (action === undefined || (onButton && (event.key === 'Enter' || event.key === ' '))) return;
    event.preventDefault();
    action();
  });
  const onClick = (id: string, action: () => void) =>
    document.getElementById(id)!.addEventListener('click', action);
  onClick('fit', () => page.fit());
  onClick('in', () => page.zoom(0.5, middle()));
  onClick('out', () => page.zoom(2, middle()));
  onClick('help', () => help.showModal());
  onClick('close', () => help.close());
}
