// SPDX-License-Identifier: Apache-2.0
// Where links by name lead: metrics and alerts know the name of a domain, pages want its uuid. It goes on to the domain, or
// says why it can't.

import { t } from '@grafana/i18n';
import { LinkButton } from '@grafana/ui';
import React from 'react';
import { Navigate, useSearchParams } from 'react-router-dom';
import { useDomains } from '../../api/queries';
import { Empty, Failed, Loading } from '../../components/States';
import { domainsUrl, domainUrl } from '../../urls';
import { Page } from '../Page';

/** /open?host=&domain= */
export function OpenPage() {
  const [parameters] = useSearchParams();
  const name = parameters.get('domain') ?? '';
  const host = parameters.get('host') ?? '';
  const filter = { ...(host !== '' && { host: [host] }), q: name };
  // The API looks for a part of the name; the whole name is among the first, sorted by name, or there are hundreds.
  const { items, hasMore, isPending, error, retry } = useDomains({ ...filter, sort: 'name' }, 1000);
  if (isPending) {
    return <Loading what={t('open.looking', 'Looking for domain {{name}} …', { name })} />;
  }
  if (error) {
    return <Failed error={error} onRetry={retry} />;
  }
  const found = items.filter((domain) => domain.name === name);
  const [only] = found;
  if (only !== undefined && found.length === 1 && !hasMore) {
    return <Navigate replace to={domainUrl(only.host, only.uuid)} />;
  }
  if (found.length > 1 || hasMore) {
    return <Navigate replace to={domainsUrl(filter)} />;
  }
  return (
    <Page title={name}>
      <Empty message={t('open.none', 'There is no domain {{name}} that you may see, or no longer', { name })}>
        <LinkButton variant="secondary" href={domainsUrl(host === '' ? {} : { host: [host] })}>
          {t('open.others', 'See the domains there are')}
        </LinkButton>
      </Empty>
    </Page>
  );
}
