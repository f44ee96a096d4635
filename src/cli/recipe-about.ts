import { ProbeCatalog } from '../probes/catalog.js';
import { type Kernels, kernelsText } from '../probes/recipe/kernel.js';
import { parseDefinition } from '../probes/recipe/parse.js';
import type { RecipeOptions } from '../probes/recipe/script.js';
import { recipeLines } from '../probes/recipe/script.js';
import type { Selection } from '../probes/recipe/select.js';
import type { FormChoice } from '../probes/recipe/table.js';
import { gradeRule } from '../rules/coverage.js';
import { RULES } from '../rules/index.js';
import { potential } from '../rules/potential.js';

interface What {
  readonly selection: Selection;
  readonly form: FormChoice;
  readonly kernels: Kernels | null;
  readonly tool: string;
  readonly drivers: readonly string[];
  readonly version: string;
}

/** The head of a recipe: what it is for, and, by the rules' own grading, what its recording can prove. */
export function about({ selection, form, kernels, tool, drivers, version }: What): string[] {
  const { level } = selection;
  const target = kernels === null ? 'kernel: found out on the target' : `kernel ${kernelsText(kernels)}`;
  const options: RecipeOptions = { selection, form, kernels, pids: [], instance: '', about: [] };
  return [
    `Records what \`zaptrace check\` needs. Made by zaptrace ${version}: ${tool}; driver ${drivers.join(', ')}; level ${level}; ${target}.`,
    ...proves(options),
  ];
}

/** What a recording by this recipe can decide if everything fires and nothing is lost. */
export function proves(options: RecipeOptions): string[] {
  const catalog = new ProbeCatalog(options.selection.maps);
  for (const { text } of recipeLines(options)) {
    const event = parseDefinition(text);
    if (event !== null) catalog.bind(event.decl);
  }
  const observed = potential([...catalog.states.values()]);
  const graded = RULES.map((rule) => ({ rule, ...gradeRule(rule, observed) }));
  const named = (coverage: string): string =>
    graded
      .filter((g) => g.coverage === coverage)
      .map((g) => g.rule.id)
      .join(', ');
  const sentences: string[] = [];
  if (named('checked') !== '') sentences.push(`It can decide: ${named('checked')}.`);
  if (named('partial') !== '') sentences.push(`In part: ${named('partial')}.`);
  const not = graded.filter((g) => g.coverage === 'unavailable');
  if (not.length === graded.length)
    return ['It shows when a device is blocked and why, and decides no rule: that needs --level verdict.'];
  if (not.length > 0) {
    const why = [...new Set(not.flatMap((g) => g.advice))].join('; ');
    sentences.push(`Not: ${named('unavailable')} (${why}).`);
  }
  return [sentences.join(' ')];
}
