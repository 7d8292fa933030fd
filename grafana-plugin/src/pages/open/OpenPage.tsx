// SPDX-License-Identifier: Apache-2.0
// Where links by name lead: metrics and alerts know the name of a domain, pages want its uuid. It goes on to the domain, or
// says why it can't.

import { t } from '@grafana/i18n';
import { LinkButton } from '@grafana/ui';
import React, { useMemo } from 'react';
import { Navigate, useSearchParams } from 'react-router-dom';
import { useNamedDomains } from '../../api/named';
import { Empty, Failed, Loading } from '../../components/States';
import { domainsUrl, domainUrl } from '../../urls';
import { Page } from '../Page';

/** /open?host=&domain= */
export function OpenPage() {
  const [parameters] = useSearchParams();
  const name = parameters.get('domain') ?? '';
  const host = parameters.get('host') ?? '';
  const named = useMemo(() => (name === '' ? [] : [{ hosts: host === '' ? [] : [host], domain: name }]), [host, name]);
  const { found, isPending, error, retry } = useNamedDomains(named);
  const hosts = host === '' ? {} : { host: [host] };
  if (error) {
    return <Failed error={error} onRetry={retry} />;
  }
  if (isPending) {
    return <Loading what={t('open.looking', 'Looking for domain {{name}} …', { name })} />;
  }
  const [only, ...others] = found.flatMap(({ domains }) => domains);
  if (only !== undefined) {
    return (
      <Navigate
        replace
        to={others.length === 0 ? domainUrl(only.host, only.uuid) : domainsUrl({ ...hosts, q: name })}
      />
    );
  }
  return (
    <Page title={name}>
      <Empty message={t('open.none', 'There is no domain {{name}} that you may see, or no longer', { name })}>
        <LinkButton variant="secondary" href={domainsUrl(hosts)}>
          {t('open.others', 'See the domains there are')}
        </LinkButton>
      </Empty>
    </Page>
  );
}
