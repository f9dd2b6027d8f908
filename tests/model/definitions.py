"""Definitions of realistic machines for the tests of the model."""

Q35 = """<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>
  <!-- made by hand -->
  <name>web</name>
  <uuid>c7a5fdbd-cdaf-9455-926a-d65c16db1809</uuid>
  <title>Web server</title>
  <metadata>
    <own:note xmlns:own='urn:own' who='me'>keep <own:b>this</own:b> order</own:note>
  </metadata>
  <memory unit='MiB'>4096</memory>
  <currentMemory unit='KiB'>2097152</currentMemory>
  <memoryBacking><nosharepages/></memoryBacking>
  <vcpu placement='static' current='2'>4</vcpu>
  <iothreads>2</iothreads>
  <cputune>
    <vcpupin vcpu='0' cpuset='1'/>
    <vcpupin vcpu='1' cpuset='2'/>
    <emulatorpin cpuset='0'/>
  </cputune>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
    <bootmenu enable='yes' timeout='3000'/>
  </os>
  <features><acpi/><apic/><hyperv mode='custom'><relaxed state='on'/></hyperv></features>
  <cpu mode='custom' match='exact'>
    <model fallback='forbid'>qemu64</model>
    <topology sockets='1' dies='1' cores='4' threads='1'/>
    <feature policy='require' name='vmx'/>
  </cpu>
  <clock offset='utc'>
    <timer name='rtc' tickpolicy='catchup'/><timer name='hpet' present='no'/>
  </clock>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' discard='unmap'/>
      <source file='/images/web.qcow2'/>
      <target dev='vda' bus='virtio'/>
      <iotune><total_iops_sec>500</total_iops_sec></iotune>
      <serial>WEB-1</serial>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </disk>
    <disk type='file' device='cdrom'>
      <driver name='qemu' type='raw'/>
      <source file='/images/cd.iso' startupPolicy='optional'/>
      <target dev='sda' bus='sata'/>
      <readonly/>
    </disk>
    <controller type='usb' index='0' model='qemu-xhci' ports='15'/>
    <controller type='scsi' index='0' model='virtio-scsi'/>
    <interface type='network'>
      <mac address='52:54:00:00:00:01'/>
      <source network='default'/>
      <vlan trunk='yes'><tag id='10'/><tag id='20' nativeMode='untagged'/></vlan>
      <model type='virtio'/>
      <driver name='vhost' queues='2'/>
      <bandwidth><inbound average='1000' peak='5000'/></bandwidth>
    </interface>
    <interface type='direct'>
      <mac address='52:54:00:00:00:02'/>
      <source dev='eth0' mode='vepa'/>
      <model type='e1000e'/>
    </interface>
    <serial type='pty'><target type='isa-serial' port='0'/></serial>
    <console type='pty'><target type='serial' port='0'/></console>
    <channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel>
    <channel type='spicevmc'><target type='virtio' name='com.redhat.spice.0'/></channel>
    <input type='tablet' bus='usb'/>
    <tpm model='tpm-crb'><backend type='emulator' version='2.0'/></tpm>
    <graphics type='spice' autoport='yes' passwd='s3cret'>
      <listen type='address' address='127.0.0.1'/>
      <image compression='off'/>
    </graphics>
    <sound model='ich9'><codec type='duplex'/></sound>
    <video><model type='qxl' ram='65536' vram='65536' vgamem='16384' heads='1'/></video>
    <hostdev mode='subsystem' type='usb' managed='yes'>
      <source startupPolicy='optional'><vendor id='0x046d'/><product id='0xc52b'/></source>
    </hostdev>
    <hostdev mode='subsystem' type='pci' managed='yes'>
      <source><address domain='0x0000' bus='0x03' slot='0x00' function='0x0'/></source>
    </hostdev>
    <redirdev bus='usb' type='spicevmc'/>
    <redirdev bus='usb' type='spicevmc'/>
    <watchdog model='i6300esb' action='reset'/>
    <memballoon model='virtio'><stats period='5'/></memballoon>
    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>
    <vsock model='virtio'><cid auto='yes'/></vsock>
    <panic model='isa'/>
    <iommu model='intel'><driver intremap='off'/></iommu>
    <unheard-of kind='new'><deep><deeper/></deep></unheard-of>
  </devices>
  <seclabel type='dynamic' model='apparmor' relabel='yes'/>
  <qemu:commandline><qemu:arg value='-name'/><qemu:arg value='x'/></qemu:commandline>
</domain>
"""

NUMA = """<domain type='qemu'>
  <name>numa</name>
  <maxMemory slots='16' unit='GiB'>16</maxMemory>
  <memory unit='GiB'>3</memory>
  <memoryBacking>
    <hugepages><page size='2' unit='M'/></hugepages>
    <source type='memfd'/><access mode='shared'/>
  </memoryBacking>
  <memtune><hard_limit unit='GiB'>8</hard_limit></memtune>
  <numatune>
    <memory mode='strict' nodeset='0'/>
    <memnode cellid='0' mode='strict' nodeset='0'/>
  </numatune>
  <vcpu>4</vcpu>
  <os firmware='efi'>
    <type arch='x86_64' machine='q35'>hvm</type>
    <loader secure='yes'/>
    <kernel>/boot/vmlinuz</kernel>
    <cmdline>console=ttyS0</cmdline>
  </os>
  <features><acpi/><smm state='on'/></features>
  <cpu mode='host-passthrough' migratable='on'>
    <numa>
      <cell id='0' cpus='0-1' memory='1' unit='GiB' memAccess='shared'/>
      <cell id='1' cpus='2-3' memory='1048576'/>
    </numa>
  </cpu>
  <devices>
    <disk type='volume' device='disk'>
      <driver name='qemu' type='raw' cache='none' io='native'/>
      <source pool='default' volume='a.img'/>
      <target dev='sda' bus='scsi'/>
      <boot order='1'/>
    </disk>
    <disk type='network' device='disk'>
      <driver name='qemu' type='raw'/>
      <source protocol='rbd' name='pool/image'><host name='mon1' port='6789'/></source>
      <target dev='vda' bus='virtio'/>
      <boot order='2'/>
    </disk>
    <filesystem type='mount'>
      <driver type='virtiofs' queue='1024'/><source dir='/srv'/><target dir='srv'/>
    </filesystem>
    <interface type='user'><mac address='52:54:00:00:00:03'/></interface>
    <memory model='virtio-mem'>
      <target>
        <size unit='GiB'>1</size><node>0</node><block unit='MiB'>2</block>
        <requested unit='MiB'>512</requested>
      </target>
    </memory>
    <graphics type='vnc' port='5901'/>
    <video><model type='virtio'/></video>
    <video><model type='bochs'/></video>
  </devices>
</domain>
"""

MACHINES = {"q35": Q35, "numa": NUMA}
