import type { Pen } from '../html/client/dom.js';
import { xml } from '../xml.js';

/** A colour on light and on dark ground. */
export interface Ink {
  readonly light: string;
  readonly dark: string;
}

/**
 * Draws what the page's canvas would show as SVG. Colours become classes, so that the picture follows the reader's
 * light or dark; rectangles of one colour that follow one another become one path.
 */
export class SvgPen implements Pen {
  fillStyle = '#000000';
  strokeStyle = '#000000';
  lineWidth = 1;
  font = '11px monospace';
  textAlign: Pen['textAlign'] = 'left';
  globalAlpha = 1;
  readonly #out: string[] = [];
  readonly #used = new Map<string, number>();
  #rectangles = '';
  #rectangleHead = '';
  #path = '';
  #dash: number[] = [];

  constructor(private readonly inks: ReadonlyMap<string, Ink>) {}

  /** The style sheet of all colours that were used. */
  style(): string {
    const rule = (dark: boolean) =>
      [...this.#used]
        .map(([colour, i]) => {
          const ink = this.inks.get(colour) ?? { light: colour, dark: colour };
          const value = dark ? ink.dark : ink.light;
          return `.f${i}{fill:${value}}.s${i}{stroke:${value}}`;
        })
        .join('');
    return `${rule(false)}@media(prefers-color-scheme:dark){${rule(true)}}`;
  }

  /** Everything that was drawn, as elements. */
  elements(): string {
    this.#flush();
    return this.#out.join('\n');
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    if (width <= 0 || height <= 0) return;
    const head = `<path class="f${this.#ink(this.fillStyle)}"${this.#opacity()} d="`;
    if (head !== this.#rectangleHead) this.#flush();
    this.#rectangleHead = head;
    this.#rectangles += `M${n(x)} ${n(y)}h${n(width)}v${n(height)}h${n(-width)}z`;
  }

  strokeRect(x: number, y: number, width: number, height: number): void {
    this.#element(
      `<rect x="${n(x)}" y="${n(y)}" width="${n(width)}" height="${n(height)}" fill="none" class="s${this.#ink(this.strokeStyle)}" stroke-width="${this.lineWidth}"/>`,
    );
  }

  beginPath(): void {
    this.#path = '';
  }

  moveTo(x: number, y: number): void {
    this.#path += `M${n(x)} ${n(y)}`;
  }

  lineTo(x: number, y: number): void {
    this.#path += `L${n(x)} ${n(y)}`;
  }

  arc(x: number, y: number, radius: number, from: number, to: number): void {
    const at = (angle: number) => `${n(x + radius * Math.cos(angle))} ${n(y + radius * Math.sin(angle))}`;
    const large = to - from > Math.PI ? 1 : 0;
    this.#path += `${this.#path === '' ? 'M' : 'L'}${at(from)}A${radius} ${radius} 0 ${large} 1 ${at(to)}`;
  }

  closePath(): void {
    this.#path += 'Z';
  }

  fill(): void {
    this.#element(`<path class="f${this.#ink(this.fillStyle)}"${this.#opacity()} d="${this.#path}"/>`);
  }

  stroke(): void {
    const dash = this.#dash.length > 0 ? ` stroke-dasharray="${this.#dash.join(' ')}"` : '';
    this.#element(
      `<path fill="none" class="s${this.#ink(this.strokeStyle)}" stroke-width="${this.lineWidth}"${dash}${this.#opacity()} d="${this.#path}"/>`,
    );
  }

  setLineDash(dash: number[]): void {
    this.#dash = dash;
  }

  fillText(text: string, x: number, y: number): void {
    const size = /(\d+)px/.exec(this.font)?.[1] ?? '11';
    const weight = /^\d{3} /.test(this.font) ? ` font-weight="${this.font.slice(0, 3)}"` : '';
    const anchor =
      this.textAlign === 'left' ? '' : ` text-anchor="${this.textAlign === 'right' ? 'end' : 'middle'}"`;
    this.#element(
      `<text x="${n(x)}" y="${n(y)}" class="f${this.#ink(this.fillStyle)}" font-size="${size}"${weight}${anchor}>${xml(text)}</text>`,
    );
  }

  #ink(colour: string): number {
    let i = this.#used.get(colour);
    if (i === undefined) this.#used.set(colour, (i = this.#used.size));
    return i;
  }

  #opacity(): string {
    return this.globalAlpha === 1 ? '' : ` opacity="${this.globalAlpha}"`;
  }

  #element(text: string): void {
    this.#flush();
    this.#out.push(text);
  }

  #flush(): void {
    if (this.#rectangles !== '') this.#out.push(`${this.#rectangleHead}${this.#rectangles}"/>`);
    this.#rectangles = '';
    this.#rectangleHead = '';
  }
}

/** A tenth of a pixel is enough. */
const n = (value: number): string => String(Math.round(value * 10) / 10);
