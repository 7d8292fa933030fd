// SPDX-License-Identifier: Apache-2.0
// Values as people read them; unknown stays unknown.

import { formattedValueToString, getValueFormat } from '@grafana/data';
import { t } from '@grafana/i18n';

/** A number of bytes: "2 GiB". */
export function bytesText(bytes: number | undefined): string | undefined {
  return bytes === undefined ? undefined : formattedValueToString(getValueFormat('bytes')(bytes));
}

/** Whether something is so. */
export function yesNo(is: boolean | undefined): string | undefined {
  if (is === undefined) {
    return undefined;
  }
  return is ? t('fact.yes', 'yes') : t('fact.no', 'no');
}
