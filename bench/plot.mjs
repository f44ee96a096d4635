// A small log-log plot as SVG; the same numbers give the same bytes.

const WIDTH = 520;
const HEIGHT = 300;
const MARGIN = { left: 62, right: 14, top: 30, bottom: 40 };
/** Told apart without colours by their marks, and by most eyes by their colours (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#aa4499', '#555555'];

const escaped = (text) =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]);
const label = (power) =>
  power >= 9
    ? `${10 ** (power - 9)}G`
    : power >= 6
      ? `${10 ** (power - 6)}M`
      : power >= 3
        ? `${10 ** (power - 3)}k`
        : String(Number((10 ** power).toPrecision(1)));
const round = (n) => Number(n.toFixed(1));

/** Whole powers of ten around the values. */
function decades(values) {
  const low = Math.floor(Math.log10(Math.min(...values)) + 1e-9);
  return [low, Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values)) - 1e-9))];
}

const mark = (i, x, y, colour) =>
  [
    `<circle cx="${x}" cy="${y}" r="3.5" fill="${colour}"/>`,
    `<rect x="${round(x - 3)}" y="${round(y - 3)}" width="6" height="6" fill="${colour}"/>`,
    `<path d="M${x} ${round(y - 4)}l4 7h-8z" fill="${colour}"/>`,
    `<path d="M${x} ${round(y - 4.5)}l4.5 4.5l-4.5 4.5l-4.5-4.5z" fill="${colour}"/>`,
    `<circle cx="${x}" cy="${y}" r="3" fill="#fff" stroke="${colour}" stroke-width="1.5"/>`,
  ][i % 5];

/**
 * One plot, `top` pixels down. `series`: {name, points: [x, y][]}, all numbers above 0. `limit`: a horizontal line,
 * {value, name}. `linear`: a dashed guide of slope 1.
 */
function panel({ title, xTitle, series, limit, linear }, top) {
  const points = series.flatMap((s) => s.points);
  const [x0, x1] = decades(points.map(([x]) => x));
  const [y0, y1] = decades([...points.map(([, y]) => y), ...(limit ? [limit.value] : [])]);
  const across = WIDTH - MARGIN.left - MARGIN.right;
  const down = HEIGHT - MARGIN.top - MARGIN.bottom;
  const x = (v) => round(MARGIN.left + ((Math.log10(v) - x0) / (x1 - x0)) * across);
  const y = (v) => round(top + MARGIN.top + down - ((Math.log10(v) - y0) / (y1 - y0)) * down);
  const out = [`<text x="${MARGIN.left}" y="${top + 18}" class="t">${escaped(title)}</text>`];
  const [left, right, ceiling, floor] = [x(10 ** x0), x(10 ** x1), y(10 ** y1), y(10 ** y0)];
  for (let p = x0; p <= x1; p++) {
    const at = x(10 ** p);
    out.push(`<path d="M${at} ${ceiling}V${floor}" class="g"/>`);
    out.push(`<text x="${at}" y="${floor + 15}" text-anchor="middle">${label(p)}</text>`);
  }
  for (let p = y0; p <= y1; p++) {
    const at = y(10 ** p);
    out.push(`<path d="M${left} ${at}H${right}" class="g"/>`);
    out.push(`<text x="${left - 6}" y="${at + 4}" text-anchor="end">${label(p)}</text>`);
  }
  out.push(`<text x="${right}" y="${floor + 30}" text-anchor="end">${escaped(xTitle)}</text>`);
  if (linear) {
    const reach = Math.min(x1 - x0, y1 - y0);
    out.push(`<path d="M${left} ${floor}L${x(10 ** (x0 + reach))} ${y(10 ** (y0 + reach))}" class="d"/>`);
    out.push(`<text x="${left + 8}" y="${floor - 22}">dashed: linear</text>`);
  }
  if (limit) {
    out.push(`<path d="M${left} ${y(limit.value)}H${right}" class="d"/>`);
    out.push(
      `<text x="${right - 4}" y="${round(y(limit.value) - 4)}" text-anchor="end">${escaped(limit.name)}</text>`,
    );
  }
  for (const [i, { points }] of series.entries()) {
    const colour = COLOURS[i % COLOURS.length];
    out.push(
      `<path d="M${points.map(([a, b]) => `${x(a)} ${y(b)}`).join('L')}" fill="none" stroke="${colour}"/>`,
    );
    for (const [a, b] of points) out.push(mark(i, x(a), y(b), colour));
  }
  return out;
}

/** Panels below each other with the same series, and a legend. */
export function plot(panels) {
  const names = panels[0].series.map((s) => s.name);
  const legend = panels.length * HEIGHT;
  const height = legend + names.length * 18 + 10;
  const out = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="sans-serif" font-size="11">`,
    `<title>${escaped(panels.map((p) => `${p.title} over the ${p.xTitle}`).join('; '))}</title>`,
    '<style>.t{font-size:13px;font-weight:bold}.g{stroke:#ddd}.d{stroke:#888;stroke-dasharray:5 4;fill:none}</style>',
    '<rect width="100%" height="100%" fill="#fff"/>',
    ...panels.flatMap((p, i) => panel(p, i * HEIGHT)),
    ...names.flatMap((name, i) => [
      mark(i, MARGIN.left, legend + i * 18 + 6, COLOURS[i % COLOURS.length]),
      `<text x="${MARGIN.left + 12}" y="${legend + i * 18 + 10}">${escaped(name)}</text>`,
    ]),
    '</svg>',
  ];
  return `${out.join('\n')}\n`;
}
