// SPDX-License-Identifier: Apache-2.0
// Bytes as people read them, as Grafana writes them everywhere.

import { formattedValueToString, getValueFormat } from '@grafana/data';

export function bytesText(bytes: number): string {
  return formattedValueToString(getValueFormat('bytes')(bytes, 1));
}
