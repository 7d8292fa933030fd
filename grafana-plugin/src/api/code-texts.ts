// SPDX-License-Identifier: Apache-2.0
// What the stable codes of Vireo mean, in the language of whoever reads. English texts are those of docs/errors.md, held by
// locales.test.ts; for a code that is newer than this app the server's own words stand.

// Another name: these keys and defaults are no literals, which that test wants of every `t`.
import { t, t as textOf } from '@grafana/i18n';
import {
  CONSOLE_REFUSALS,
  namesInStep,
  REFUSALS,
  type RefusalCode,
  stepLine,
  TASK_STEPS,
  type TaskStep,
  type TaskStepCode,
} from '@vireo/exporter/contract';

/** An error as Vireo tells it: of a task, a target, a host, or a problem. */
export interface CodedError {
  readonly code: string;
  /** English, with names and reasons. */
  readonly message: string;
  readonly reasonCode?: string | undefined;
  /** English as well. */
  readonly advice?: string | undefined;
}

/** The same for a person. */
export interface Explanation {
  readonly text: string;
  /** The server's own words, with names and reasons, where `text` says something else. */
  readonly details: string | undefined;
  readonly advice: string | undefined;
}

/** These reasons have names in the server's text: what the driver lacks, which job. */
const NAMED: readonly string[] = [
  'privilege',
  'driver-lacks-action',
  'driver-lacks-mode',
  'unknown-state',
  'held-by-job',
] satisfies RefusalCode[];

const ENGLISH: ReadonlyMap<string, string> = new Map(Object.entries({ ...REFUSALS, ...CONSOLE_REFUSALS }));

/** What an error means, and what to do about it. */
export function explain({ code, message, reasonCode, advice }: CodedError): Explanation {
  const text = reasonCode === undefined ? textOf(`codes.${code}.meaning`, message) : reasonText(reasonCode, message);
  return {
    text,
    details: text === message ? undefined : message,
    advice: advice === undefined ? undefined : textOf(`codes.${code}.advice`, advice),
  };
}

/** The same as one line, where there is no place for more. */
export function explainShortly(error: CodedError): string {
  const { text, details } = explain(error);
  return details === undefined ? text : withDetails(text, details);
}

/** What it means and what to do, without the server's own words where there are others: they are a click away. */
export function causeAndAdvice(error: CodedError): string {
  const { text, advice } = explain(error);
  return [text, advice].filter((part) => part !== undefined).join(' ');
}

/** Why an action or a console can't be asked for now. `said`: the server's text for it. */
export function refusalText(code: string | undefined, said: string): string {
  if (code === undefined) {
    return said;
  }
  const text = reasonText(code, said);
  return text !== said && NAMED.includes(code) ? withDetails(text, said) : text;
}

function reasonText(code: string, said: string): string {
  const text = textOf(`refused.${code}`, said);
  // In English the server says it better, with names.
  return text === ENGLISH.get(code) ? said : text;
}

/** What was done or seen on the way of a task; `names`: in the server's own words. */
export function stepText(step: TaskStep): Pick<Explanation, 'text'> & { readonly names: string | undefined } {
  return isKnownStep(step.code)
    ? {
        text: textOf(`steps.${step.code}`, stepLine(TASK_STEPS[step.code])),
        names: namesInStep(step.code, step.detail),
      }
    : { text: stepLine(step), names: undefined };
}

/** A Vireo that is older or newer than this app sends none, or others. */
function isKnownStep(code: string | undefined): code is TaskStepCode {
  return code !== undefined && Object.hasOwn(TASK_STEPS, code);
}

function withDetails(text: string, details: string): string {
  return t('problem.with-details', '{{text}} ({{details}})', {
    text,
    details,
    interpolation: { escapeValue: false },
  });
}
