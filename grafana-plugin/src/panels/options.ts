// SPDX-License-Identifier: Apache-2.0
// Options that several panels have. Nothing heavy is imported here: it is loaded with module.js of each panel.

import type { PanelOptionsEditorBuilder } from '@grafana/data';
import type { Translate } from './lazy-panel';
import type { DomainOptions, HostOptions } from './named';

/** Which host a panel is about. */
export function addHostOption<T extends HostOptions>(builder: PanelOptionsEditorBuilder<T>, t: Translate): void {
  builder.addTextInput({
    path: 'host',
    name: t('panel.host', 'Host'),
    description: t(
      'panel.host-hint',
      'The name that Vireo gives the host. Variables are replaced, $host say. Empty: the column or label host of the data.',
    ),
    defaultValue: '',
    settings: { placeholder: '$host' },
  });
}

/** Which domain a panel is about. */
export function addDomainOptions<T extends DomainOptions>(builder: PanelOptionsEditorBuilder<T>, t: Translate): void {
  builder.addTextInput({
    path: 'domain',
    name: t('panel.domain', 'Domain'),
    description: t(
      'panel.domain-hint',
      'Name or UUID. Variables are replaced, $domain say; one with several values means several domains. Empty: the columns host, domain and uuid of the data, or its labels.',
    ),
    defaultValue: '',
    settings: { placeholder: '$domain' },
  });
  builder.addTextInput({
    path: 'host',
    name: t('panel.host', 'Host'),
    description: t(
      'panel.domain-host-hint',
      'The host of the domain, by the name that Vireo gives it; variables are replaced. Empty: any host that has a domain of that name.',
    ),
    defaultValue: '',
    settings: { placeholder: '$host' },
  });
}
