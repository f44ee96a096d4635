/**
 * Arguments of probe maps: a parameter, or a chain of members behind it.
 *
 *     vma
 *     vma->vm_start
 *     vmf->vma->vm_mm
 *     action->remap.start
 */
export interface Expression {
  /** Name of the parameter. */
  readonly root: string;
  /** Members behind each pointer in turn; a member may lie in an embedded struct: `remap.start`. */
  readonly members: readonly string[];
}

const NAME = /^[A-Za-z_]\w*$/;
const MEMBER = /^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$/;

/** Null when the text is not of this form. */
export function parseExpression(text: string): Expression | null {
  const [root, ...members] = text.split('->');
  if (!NAME.test(root) || !members.every((member) => MEMBER.test(member))) return null;
  return { root, members };
}

/** Parameter names of a prototype written as `vma address size details`; `_` for one of no interest. */
export const parameterNames = (params: string): string[] => params.split(/\s+/).filter((name) => name !== '');

/** Position of the parameter, from 1 as in `$arg1`; 0 when the prototype has none of this name. */
export const position = (params: string, root: string): number => parameterNames(params).indexOf(root) + 1;
