/**
 * The few parts of the browser that the page's script uses. It is made of functions of this folder, each written into
 * the page as it stands (see script.ts), so they must not use anything of their module: only one another and what
 * `page.window` gives.
 */
export interface PageWindow {
  readonly document: PageDocument;
  readonly innerWidth: number;
  readonly innerHeight: number;
  readonly devicePixelRatio: number;
  readonly location: { hash: string };
  readonly history: { replaceState(state: null, unused: string, url: string): void };
  readonly localStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void };
  matchMedia(query: string): {
    matches: boolean;
    addEventListener(type: 'change', listener: () => void): void;
  };
  requestAnimationFrame(callback: (time: number) => void): number;
  addEventListener(type: string, listener: (event: PageEvent) => void, options?: object): void;
}

export interface PageDocument {
  readonly documentElement: PageElement;
  readonly body: PageElement;
  readonly activeElement: PageElement | null;
  getElementById(id: string): PageElement | null;
  createElement(name: string): PageElement;
  createTextNode(text: string): object;
}

export interface PageElement {
  textContent: string | null;
  className: string;
  hidden: boolean;
  value: string;
  title: string;
  type: string;
  readonly tagName: string;
  readonly dataset: Record<string, string>;
  readonly style: Record<string, string>;
  readonly classList: {
    add(name: string): void;
    remove(name: string): void;
    toggle(name: string, on?: boolean): boolean;
  };
  readonly clientWidth: number;
  readonly clientHeight: number;
  readonly offsetHeight: number;
  readonly offsetWidth: number;
  width: number;
  height: number;
  open: boolean;
  setAttribute(name: string, value: string): void;
  getAttribute(name: string): string | null;
  append(...children: object[]): void;
  replaceChildren(...children: object[]): void;
  addEventListener(type: string, listener: (event: PageEvent) => void, options?: object): void;
  getBoundingClientRect(): { left: number; top: number; width: number; height: number };
  getContext(
    kind: '2d',
  ): Pen & { setTransform(a: number, b: number, c: number, d: number, e: number, f: number): void };
  setPointerCapture(id: number): void;
  scrollIntoView(options?: object): void;
  focus(options?: object): void;
  blur(): void;
  select(): void;
  showModal(): void;
  close(): void;
}

export interface PageEvent {
  readonly key: string;
  readonly clientX: number;
  readonly clientY: number;
  readonly deltaX: number;
  readonly deltaY: number;
  readonly deltaMode: number;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly button: number;
  readonly pointerId: number;
  readonly target: PageElement;
  preventDefault(): void;
}

/** The part of CanvasRenderingContext2D that drawing needs; svg/pen.ts has it too. */
export interface Pen {
  fillStyle: string;
  strokeStyle: string;
  lineWidth: number;
  font: string;
  textAlign: 'left' | 'right' | 'center';
  globalAlpha: number;
  fillRect(x: number, y: number, width: number, height: number): void;
  strokeRect(x: number, y: number, width: number, height: number): void;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  arc(x: number, y: number, radius: number, from: number, to: number): void;
  closePath(): void;
  fill(): void;
  stroke(): void;
  setLineDash(dash: number[]): void;
  fillText(text: string, x: number, y: number): void;
}
