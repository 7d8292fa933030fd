// SPDX-License-Identifier: Apache-2.0
// The parameters of the address, and how to change some of them: what a page shows can be shared as it is.

import { useSearchParams } from 'react-router-dom';

/** New values by parameter; an empty one is taken out of the address. */
export type ParameterChanges = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The parameters, and how to change them without a new entry in the browser's history. */
export function useParameters(): [URLSearchParams, (changes: ParameterChanges) => void] {
  const [parameters, setParameters] = useSearchParams();
  const change = (changes: ParameterChanges) =>
    setParameters(
      (before) => {
        for (const [name, value] of Object.entries(changes)) {
          before.delete(name);
          for (const one of value === undefined ? [] : [value].flat()) {
            if (one !== '') {
              before.append(name, one);
            }
          }
        }
        return before;
      },
      { replace: true },
    );
  return [parameters, change];
}
