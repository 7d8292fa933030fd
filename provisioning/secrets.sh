#!/bin/sh
# Makes what docker-compose.yml reads from ./secrets: Grafana's first password, the three tokens of the Grafana app, and
# Vireo's configuration, which has the hashes of the tokens. What is there already stays; remove a file to have it anew,
# and secrets/vireo.yml with every token. Needs openssl.
set -eu
cd "$(dirname "$0")/.."
port() { sed -n "s/^$1=//p" .env; }

# Nobody else on this machine looks into the folder; the users of the containers may read the files.
mkdir -p secrets
chmod 700 secrets
umask 022

make() {
  [ -e "secrets/$1" ] || printf '%s\n' "$2$(openssl rand -hex 32)" > "secrets/$1"
}
make grafana_admin_password ''
for token in read operate console; do make "vireo_${token}_token" vireo_; done

hash() { tr -d '\n' < "secrets/vireo_$1_token" | openssl dgst -sha256 -r | cut -d ' ' -f 1; }
[ -e secrets/vireo.yml ] || cat > secrets/vireo.yml << END
# Made by provisioning/secrets.sh; docs/configuration.md has every key. Hosts go here, too.
api:
  tokens:
    - { name: grafana-read, sha256: '$(hash read)', privileges: [read, xml] }
    - { name: grafana-operate, sha256: '$(hash operate)', privileges: [read, xml, power, force] }
    - { name: grafana-console, sha256: '$(hash console)', privileges: [read, console.view, console.control] }
  grafana:
    url: http://127.0.0.1:$(port GRAFANA_PORT)/
    jwksUrl: http://grafana:3000/api/signing-keys/keys
    requireIdentity: true
console:
  publicUrl: http://127.0.0.1:$(port VIREO_PORT)/
END
