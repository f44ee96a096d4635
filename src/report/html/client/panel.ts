import type { EvidenceData, FindingData } from '../data.js';
import type { PageDocument, PageElement } from './dom.js';
import type { Scene } from './scene.js';
import { absoluteText, lengthText } from './times.js';

/** An element with text; the text is never taken as HTML. */
export function make(
  document: PageDocument,
  name: string,
  className: string,
  ...children: (PageElement | string)[]
): PageElement {
  const element = document.createElement(name);
  if (className !== '') element.className = className;
  for (const child of children)
    element.append(typeof child === 'string' ? document.createTextNode(child) : child);
  return element;
}

/** Findings by shape: the same rule, confidence and fingerprint. */
export function shapesOf(findings: readonly FindingData[]): FindingData[][] {
  const shapes = new Map<string, FindingData[]>();
  for (const f of findings) {
    const key = `${f.fingerprint} ${f.rule} ${f.confidence}`;
    const shape = shapes.get(key);
    if (shape === undefined) shapes.set(key, [f]);
    else shape.push(f);
  }
  const rank = (f: FindingData) =>
    ['error', 'warning', 'note'].indexOf(f.severity) * 2 + (f.confidence === 'confirmed' ? 0 : 1);
  return [...shapes.values()].sort((a, b) => rank(a[0]) - rank(b[0]));
}

/** The list of findings; `choose` is called when one is clicked. Gives the button of each finding. */
export function listFindings(
  document: PageDocument,
  scene: Scene,
  list: PageElement,
  choose: (finding: FindingData) => void,
): Map<string, PageElement> {
  const buttons = new Map<string, PageElement>();
  if (scene.data.findings.length === 0) list.append(...nothingFound(document, scene));
  for (const shape of shapesOf(scene.data.findings)) {
    const [first] = shape;
    const level = first.severity !== 'error' ? 'note' : first.confidence === 'confirmed' ? 'bad' : 'maybe';
    const chip = make(
      document,
      'span',
      `chip ${level}`,
      first.severity === 'error' ? first.confidence : first.severity,
    );
    const title = make(
      document,
      'summary',
      '',
      chip,
      make(document, 'strong', '', first.rule),
      make(document, 'span', 'count', String(shape.length)),
    );
    const group = make(document, 'details', 'shape', title);
    group.open = first.severity === 'error' || scene.data.findings.length <= 12;
    for (const finding of shape) {
      const vma = finding.vma < 0 ? '' : scene.data.vmas[finding.vma].id;
      const exposed = finding.exposed === null ? '' : lengthText(finding.exposed, scene.data);
      const button = make(
        document,
        'button',
        'finding',
        make(document, 'b', '', finding.id),
        make(document, 'span', '', vma),
        make(
          document,
          'span',
          '',
          finding.pages === 1 ? '1 page' : `${finding.pages.toLocaleString('en-US')} pages`,
        ),
        make(document, 'span', 'exposed', exposed),
      );
      button.type = 'button';
      button.dataset.finding = finding.id;
      button.addEventListener('click', () => choose(finding));
      buttons.set(finding.id, button);
      group.append(button);
    }
    list.append(group);
  }
  return buttons;
}

/** An empty list is worth something only with what was checked. */
export function nothingFound(document: PageDocument, scene: Scene): PageElement[] {
  const { reasons, coverage } = scene.data;
  const rows = coverage.map(([rule, state]) =>
    make(document, 'tr', '', make(document, 'td', '', rule), make(document, 'td', '', state)),
  );
  return [
    make(document, 'p', 'none', 'Nothing found.'),
    ...reasons.map((reason) => make(document, 'p', 'reason', reason)),
    make(document, 'table', '', ...rows),
  ];
}

/** What a finding says, and its evidence with the numbers of the drawing. */
export function showFinding(
  document: PageDocument,
  scene: Scene,
  detail: PageElement,
  finding: FindingData | null,
): void {
  detail.replaceChildren();
  detail.hidden = finding === null;
  if (finding === null) return;
  const { data } = scene;
  const rule = data.rules[finding.rule];
  const first = finding.evidence[0]?.t ?? finding.t;
  const section = (title: string, ...children: PageElement[]) => [
    make(document, 'h3', '', title),
    ...children,
  ];
  const sure = finding.confidence === 'confirmed';
  detail.append(
    make(document, 'h2', '', `${finding.id} ${finding.rule}`),
    make(document, 'p', '', finding.message),
    ...section(
      'Evidence',
      make(
        document,
        'ol',
        'evidence',
        ...finding.evidence.map((e) => evidenceItem(document, scene, e, first)),
      ),
    ),
    ...(finding.missing.length > 0
      ? section(
          'What is missing, and what would settle it',
          ...finding.missing.map((m) => make(document, 'p', '', m)),
        )
      : []),
    ...(rule === undefined
      ? []
      : section(sure ? 'Why this is proof' : 'What it would prove', make(document, 'p', '', rule.proves))),
    ...(rule === undefined
      ? []
      : section('What would have been right', make(document, 'p', '', rule.remedy))),
    make(document, 'p', 'hint', `For a mail: zaptrace explain ${data.input} ${finding.id}`),
  );
}

export function evidenceItem(
  document: PageDocument,
  scene: Scene,
  e: EvidenceData,
  first: number,
): PageElement {
  const { data } = scene;
  const since = e.t - first;
  const head = make(
    document,
    'div',
    'moment',
    make(document, 'b', '', e.role.replaceAll('-', ' ')),
    make(document, 'span', '', since === 0 ? absoluteText(e.t, data) : `+${lengthText(since, data)}`),
  );
  return make(
    document,
    'li',
    '',
    head,
    make(document, 'code', '', e.text),
    make(document, 'div', 'who', `${e.task}, CPU ${e.cpu}, ${e.at}`),
  );
}
