// SPDX-License-Identifier: Apache-2.0

// A simulated ESXi host, or a vCenter, for the tests: the simulator of Debian's package golang-github-vmware-govmomi-dev, and in front
// of it what libvirt's ESX driver needs besides: TLS, types in the answers, files of the machines, a reboot.
// It prints its address when it answers.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"

	"github.com/vmware/govmomi"
	"github.com/vmware/govmomi/object"
	"github.com/vmware/govmomi/simulator"
	"github.com/vmware/govmomi/vim25/types"
)

// The driver wants to be told the type of the elements of arrays, which a real host does and the simulator does not.
var untyped = regexp.MustCompile(`<(ManagedObjectReference|HostCpuIdInfo|PhysicalNic|HostPortGroup|HostVirtualSwitch|` +
	`HostVirtualNic|OptionValue|PerfCounterInfo|DatastoreHostMount|VirtualMachineSnapshotTree|GuestNicInfo|` +
	`HostFileSystemMountInfo|HostInternetScsiHba|AutoStartPowerInfo)( [^>]*)?>`)

var rebootGuest = regexp.MustCompile(`<RebootGuest [^>]*>\s*<_this[^>]*>([^<]+)</_this>`)

const rebooted = `<?xml version="1.0" encoding="UTF-8"?>
<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>
<RebootGuestResponse xmlns="urn:vim25"></RebootGuestResponse></soapenv:Body></soapenv:Envelope>`

func main() {
	address := flag.String("listen", "127.0.0.1:0", "")
	machines := flag.Int("machines", 3, "")
	vcenter := flag.Bool("vcenter", false, "a vCenter with a host in its datacenter DC0")
	flag.Parse()
	user := url.UserPassword(os.Getenv("ESX_USER"), os.Getenv("ESX_PASSWORD"))

	model := simulator.ESX()
	if *vcenter {
		model = simulator.VPX()
	}
	model.Machine = *machines
	must(model.Create())
	defer model.Remove()
	writeMachineFiles()
	model.Service.Listen = &url.URL{Host: "127.0.0.1:0", User: user}
	inner := model.Service.NewServer()
	defer inner.Close()
	client, err := govmomi.NewClient(context.Background(), inner.URL, true)
	must(err)

	target := *inner.URL
	target.Path, target.User = "", nil
	proxy := httputil.NewSingleHostReverseProxy(&target)
	proxy.ModifyResponse = addTypes
	listener, err := net.Listen("tcp", *address)
	must(err)
	front := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		must(err)
		r.Body = io.NopCloser(bytes.NewReader(body))
		if found := rebootGuest.FindSubmatch(body); found != nil {
			reference := types.ManagedObjectReference{Type: "VirtualMachine", Value: string(found[1])}
			_, err := object.NewVirtualMachine(client.Client, reference).Reset(r.Context())
			must(err)
			w.Header().Set("Content-Type", "text/xml")
			fmt.Fprint(w, rebooted)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	front.Listener.Close()
	front.Listener = listener
	// Clients hang up as they like.
	front.Config.ErrorLog = log.New(io.Discard, "", 0)
	front.StartTLS()
	defer front.Close()
	fmt.Println(listener.Addr())
	ended := make(chan os.Signal, 1)
	signal.Notify(ended, syscall.SIGTERM)
	<-ended
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

func addTypes(answer *http.Response) error {
	if !strings.Contains(answer.Header.Get("Content-Type"), "xml") {
		return nil
	}
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	answer.Body.Close()
	typed := untyped.ReplaceAllFunc(body, func(tag []byte) []byte {
		if bytes.Contains(tag, []byte("xsi:type")) {
			return tag
		}
		return untyped.ReplaceAll(tag, []byte(`<$1 xsi:type="$1"$2>`))
	})
	answer.Body = io.NopCloser(bytes.NewReader(typed))
	answer.ContentLength = int64(len(typed))
	answer.Header.Set("Content-Length", strconv.Itoa(len(typed)))
	return nil
}

// The simulator leaves the machines' own files empty; the driver reads the domain's XML from them.
func writeMachineFiles() {
	for _, entity := range simulator.Map.All("VirtualMachine") {
		machine := entity.(*simulator.VirtualMachine)
		var path object.DatastorePath
		path.FromString(machine.Config.Files.VmPathName)
		for _, store := range simulator.Map.All("Datastore") {
			info := store.(*simulator.Datastore).Info.GetDatastoreInfo()
			if info.Name == path.Datastore {
				must(os.WriteFile(filepath.Join(info.Url, path.Path), []byte(machineFile(machine)), 0o600))
			}
		}
	}
}

func machineFile(machine *simulator.VirtualMachine) string {
	digits := strings.ReplaceAll(machine.Config.Uuid, "-", "")
	var pairs []string
	for i := 0; i < len(digits); i += 2 {
		pairs = append(pairs, digits[i:i+2])
	}
	uuid := strings.Join(pairs[:8], " ") + "-" + strings.Join(pairs[8:], " ")
	return fmt.Sprintf(`config.version = "8"
virtualHW.version = "13"
displayName = %q
uuid.bios = %q
guestOS = "other"
memsize = "%d"
numvcpus = "%d"
floppy0.present = "false"
scsi0.present = "true"
scsi0.virtualDev = "lsilogic"
scsi0:0.present = "true"
scsi0:0.deviceType = "scsi-hardDisk"
scsi0:0.fileName = "%s.vmdk"
ethernet0.present = "true"
ethernet0.virtualDev = "e1000"
ethernet0.connectionType = "bridged"
ethernet0.networkName = "VM Network"
ethernet0.addressType = "generated"
ethernet0.generatedAddress = "00:0c:29:00:00:01"
`, machine.Name, uuid, machine.Config.Hardware.MemoryMB, machine.Config.Hardware.NumCPU, machine.Name)
}
