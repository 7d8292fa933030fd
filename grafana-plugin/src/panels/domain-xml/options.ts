// SPDX-License-Identifier: Apache-2.0
// What the panel "Domain XML" can be told.

import type { XmlView } from '../../components/xml/DomainXml';
import type { AddOptions } from '../lazy-panel';
import type { DomainOptions } from '../named';
import { addDomainOptions } from '../options';

/** Options of the panel. */
export interface DomainXmlOptions extends DomainOptions {
  readonly view: XmlView;
}

/** Adds them to the editor. */
export const addOptions: AddOptions<DomainXmlOptions> = (builder, t) => {
  addDomainOptions(builder, t);
  builder.addRadio({
    path: 'view',
    name: t('panel.view', 'View'),
    description: t(
      'panel.view-hint',
      'What is shown first; who looks can choose another. A domain that is off has only the XML that it will start with, a transient one only that it runs with.',
    ),
    defaultValue: 'live',
    settings: {
      options: [
        { value: 'live', label: t('xml.live', 'As it runs') },
        { value: 'config', label: t('xml.config', 'Configuration') },
        { value: 'diff', label: t('xml.diff', 'What differs') },
      ],
    },
  });
};
