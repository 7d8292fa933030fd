// SPDX-License-Identifier: Apache-2.0

import { TASK_STEP_CODES, namesInStep, stepLine, wordsOfStep } from './task-steps.ts';

it('names follow the words of a step, and are found again', () => {
  for (const code of TASK_STEP_CODES) {
    const { detail } = wordsOfStep(code, 'id 3; was 2');
    expect({ code, names: namesInStep(code, detail) }).toEqual({ code, names: 'id 3; was 2' });
    expect(namesInStep(code, wordsOfStep(code).detail)).toBeUndefined();
  }
});

it('a step is one line in the log', () => {
  expect(stepLine(wordsOfStep('asked-by-acpi'))).toBe('asked by ACPI');
  expect(stepLine(wordsOfStep('started-anew', 'its id is 3'))).toBe(
    'started anew: it went off, and something started it again; its id is 3',
  );
});
