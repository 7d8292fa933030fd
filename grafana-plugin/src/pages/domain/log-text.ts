// SPDX-License-Identifier: Apache-2.0
// What a line of Vireo's log says on the page of its domain: not the domain, its host and who asked once more, which stand
// there already, and in the reader's language as far as its fields tell it.

import { t } from '@grafana/i18n';
import { ACTION_IDS } from '@vireo/exporter/contract';
import { actionLabel } from '../../actions/texts';
import { explainShortly } from '../../api/code-texts';
import type { LogRow } from './useLog';

/** What happened, besides the event. */
export function logText({ event, text, fields }: Pick<LogRow, 'event' | 'text' | 'fields'>): string {
  const { from, to, reason, libvirtEvent, detail, code } = fields;
  const action = ACTION_IDS.find((id) => id === fields['action']);
  if (action !== undefined) {
    const why = code === undefined ? detail : explainShortly({ code, message: detail ?? '' });
    // Which way that went is not on record.
    const label = action === 'autostart' ? action : actionLabel(action);
    return why ? `${label}: ${why}` : label;
  }
  if (event === 'domain.state' && from !== undefined && to !== undefined) {
    // Drivers without reasons say `unknown`.
    const state = reason === undefined || reason === 'unknown' ? to : `${to} (${reason})`;
    return t('timeline.state', '{{state}}, was {{from}}', { state, from, interpolation: { escapeValue: false } });
  }
  if (libvirtEvent !== undefined) {
    return detail === undefined ? libvirtEvent : `${libvirtEvent} (${detail})`;
  }
  const prefix = `${event}: `;
  return text.startsWith(prefix) ? text.slice(prefix.length) : text;
}

/** Why somebody asked for it; of other events a reason is libvirt's. */
export function askersReason({ event, fields }: Pick<LogRow, 'event' | 'fields'>): string | undefined {
  return event.startsWith('action.') ? fields['reason'] : undefined;
}
