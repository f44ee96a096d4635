import type { Command, Option } from 'commander';
import { type Example, examplesOf } from './help.js';

/** The commander program as data: what completion scripts and the man page are made of. */
export interface CommandTree {
  readonly name: string;
  readonly summary: string;
  /** `[options] [trace...]` */
  readonly usage: string;
  readonly examples: readonly Example[];
  readonly options: readonly OptionInfo[];
  readonly commands: readonly CommandTree[];
  /** The operand's choices, or `file`, or nothing. */
  readonly operands: readonly string[] | 'file' | null;
}

export interface OptionInfo {
  /** `--format`, null for none. */
  readonly long: string | null;
  readonly short: string | null;
  readonly flags: string;
  readonly summary: string;
  /** The value's choices, `file`, `text`, or null for an option without a value. */
  readonly value: readonly string[] | 'file' | 'text' | null;
}

export function commandTree(command: Command): CommandTree {
  const help = command.createHelp();
  const argument = command.registeredArguments[0];
  return {
    name: command.name(),
    summary: command.description(),
    usage: command.usage(),
    examples: examplesOf(command),
    options: help.visibleOptions(command).map(optionInfo),
    commands: command.commands.map(commandTree),
    operands:
      argument === undefined
        ? null
        : (argument.argChoices ?? (/^(trace|before|after)$/.test(argument.name()) ? 'file' : null)),
  };
}

function optionInfo(option: Option): OptionInfo {
  return {
    long: option.long ?? null,
    short: option.short ?? null,
    flags: option.flags,
    summary: option.description,
    value: optionValue(option),
  };
}

function optionValue(option: Option): OptionInfo['value'] {
  if (!option.required && !option.optional) return null;
  if (option.argChoices) return option.argChoices;
  return /<(file|before|after)>/.test(option.flags) ? 'file' : 'text';
}
