// SPDX-License-Identifier: Apache-2.0
// The page around a plugin: Grafana's theme, router, portals and page frame. What stands where is in the URL, as in
// Grafana: an app's pages below /a/ID/, its configuration at /plugins/ID, one panel alone at /d-solo/PANEL-ID; and at
// /extensions the links it adds elsewhere.
// `?theme=light` or `dark` chooses the theme, and `labSetTheme` changes it while the page is open.
import { ThemeContext, createTheme } from '@grafana/data';
import type { AppPlugin, AppRootProps } from '@grafana/data';
import { LocationServiceProvider, config, locationService } from '@grafana/runtime';
import type { PluginPageProps } from '@grafana/runtime/plugin-page';
import { ErrorBoundaryAlert, GlobalStyles, PortalContainer, Tab, TabsBar } from '@grafana/ui';
import { Suspense, useEffect, useState } from 'react';
import type { ReactElement, ReactNode } from 'react';
import { flushSync } from 'react-dom';
import { Route, Router, Routes } from 'react-router';
import type { Location, Navigator } from 'react-router';
import { bootData } from './boot-data.ts';
import { ExtensionLinks } from './extension-links.tsx';
import { SoloPanel } from './solo-panel.tsx';

const { plugin: meta } = bootData.lab;
/** Its own type is that of an older history package. */
const history = locationService.getHistory() as unknown as Navigator & {
  readonly location: Location;
  listen(listener: (location: Location) => void): () => void;
};

/** What is above a page and itself, the topmost first. */
function crumbsOf(page: PluginPageProps['pageNav']): string[] {
  return page === undefined ? [meta.name] : [...crumbsOf(page.parentItem), page.text];
}

/** What Grafana draws around the pages of an app. */
export function PluginPage({ actions, children, info, pageNav, renderTitle, subTitle }: PluginPageProps): ReactElement {
  const title = pageNav?.text ?? meta.name;
  return (
    <main style={{ padding: 24 }}>
      <nav aria-label="Breadcrumbs">{crumbsOf(pageNav).join(' / ')}</nav>
      <div style={{ display: 'flex', gap: 16, justifyContent: 'space-between', margin: '16px 0' }}>
        <div>
          {renderTitle?.(title) ?? <h1>{title}</h1>}
          {(subTitle ?? pageNav?.subTitle) !== undefined && <div>{subTitle ?? pageNav?.subTitle}</div>}
        </div>
        {info?.map(({ label, value }) => (
          <div key={label}>
            {label}: {value}
          </div>
        ))}
        <div>{actions}</div>
      </div>
      {pageNav?.children !== undefined && (
        <TabsBar>
          {pageNav.children.map(({ active, hideFromTabs, text, url }) =>
            hideFromTabs === true ? null : <Tab key={text} label={text} active={active} href={url} />,
          )}
        </TabsBar>
      )}
      {children}
    </main>
  );
}

function AppPage({ plugin }: { readonly plugin: AppPlugin }): ReactElement {
  const Root = plugin.root;
  if (Root === undefined) return <p>The app has no page.</p>;
  // The others are deprecated: who uses them fails.
  const props = { basename: `/a/${meta.id}`, meta } as AppRootProps;
  return <Root {...props} />;
}

function Configuration({ plugin }: { readonly plugin: AppPlugin }): ReactElement {
  const wanted = locationService.getSearch().get('page');
  const page = plugin.configPages?.find(({ id }) => wanted === null || id === wanted);
  if (page === undefined) return <p>The app has no configuration page.</p>;
  const Body = page.body;
  return (
    <main style={{ padding: 24 }}>
      <h1>{page.title}</h1>
      <Body plugin={plugin} query={{}} />
    </main>
  );
}

function Surroundings({ children }: { readonly children: ReactNode }): ReactElement {
  const [at, setAt] = useState(history.location);
  const [theme, setTheme] = useState(config.theme2);
  useEffect(() => history.listen(setAt), []);
  useEffect(() => {
    Object.assign(window, {
      labSetTheme: (mode: 'light' | 'dark') => {
        config.theme2 = createTheme({ colors: { mode } });
        flushSync(() => {
          setTheme(config.theme2);
        });
      },
    });
  }, []);
  return (
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <LocationServiceProvider service={locationService}>
        <Router location={at} navigator={history}>
          <ErrorBoundaryAlert style="page">
            <Suspense fallback={<p>Loading</p>}>{children}</Suspense>
          </ErrorBoundaryAlert>
          <PortalContainer />
        </Router>
      </LocationServiceProvider>
    </ThemeContext.Provider>
  );
}

/** The whole page. */
export function Page({ plugin }: { readonly plugin: AppPlugin }): ReactElement {
  return (
    <Surroundings>
      <Routes>
        <Route path={`/a/${meta.id}/*`} element={<AppPage plugin={plugin} />} />
        <Route path={`/plugins/${meta.id}`} element={<Configuration plugin={plugin} />} />
        <Route path="/d-solo/:panel" element={<SoloPanel />} />
        <Route path="/extensions" element={<ExtensionLinks plugin={plugin} />} />
        <Route path="*" element={<p>Not a page of the lab</p>} />
      </Routes>
    </Surroundings>
  );
}
