import { type Problems, show } from './validate-value.js';

const MASK = 0xffffffff;
const MEMBERS = ['when', 'does', 'causes', 'holds', 'spreads', 'ifReturned', 'ways'];

/** What a control function does to the device: see Effect in map.ts. */
export function checkEffects(problems: Problems, path: string, f: Record<string, unknown>): void {
  if (f.effects !== undefined && f.role !== 'control' && f.role !== undefined) {
    problems.add(`${path}.effects`, `only the role control has effects, found the role ${show(f.role)}`);
  }
  problems.list(`${path}.effects`, f.effects, (at, value) => {
    const effect = problems.object(at, value, MEMBERS);
    if (effect === null) return;
    if (effect.does === undefined) problems.add(`${at}.does`, 'expected block or unblock, found nothing');
    problems.choice(`${at}.does`, effect.does, ['block', 'unblock']);
    problems.list(
      `${at}.causes`,
      effect.causes,
      (p, cause) => {
        problems.text(p, cause, /^(\*|[\w-]+)$/, 'the name of a cause, or * when it unblocks');
        if (cause === '*' && effect.does === 'block')
          problems.add(p, '* is for unblock only: name what blocks');
      },
      1,
    );
    problems.choice(`${at}.holds`, effect.holds, ['until-unblock', 'call']);
    if (effect.spreads !== undefined && typeof effect.spreads !== 'boolean')
      problems.add(`${at}.spreads`, `expected true or false, found ${show(effect.spreads)}`);
    if (effect.ifReturned !== undefined && !Number.isInteger(effect.ifReturned)) {
      problems.add(`${at}.ifReturned`, `expected a whole number, found ${show(effect.ifReturned)}`);
    }
    checkWays(problems, `${at}.ways`, effect);
    problems.list(`${at}.when`, effect.when, (p, condition) =>
      checkCondition(problems, p, condition, f.args),
    );
  });
}

function checkWays(problems: Problems, path: string, { does, ways }: Record<string, unknown>): void {
  if (ways === undefined) return;
  problems.list(path, ways, (p, way) => void problems.text(p, way, /^[\w-]+$/, 'the name of a way'), 1);
  if (does === 'block') problems.add(path, 'only what unblocks is a way out: leave it out here');
}

function checkCondition(problems: Problems, path: string, value: unknown, args: unknown): void {
  const condition = problems.object(path, value, ['arg', 'mask', 'is']);
  if (condition === null) return;
  if (condition.arg === undefined) problems.add(`${path}.arg`, 'expected x0 or x1, found nothing');
  const arg = problems.choice(`${path}.arg`, condition.arg, ['x0', 'x1']);
  if (arg !== null && (args as Record<string, unknown> | undefined)?.[arg] === undefined) {
    problems.add(`${path}.arg`, `args has no '${arg}' for the condition to look at`);
  }
  if (condition.mask !== undefined) problems.whole(`${path}.mask`, condition.mask, MASK);
  const values = Array.isArray(condition.is) ? condition.is : [condition.is];
  values.forEach((is, i) => {
    problems.whole(Array.isArray(condition.is) ? `${path}.is[${i}]` : `${path}.is`, is, MASK);
  });
}
