"""What libvirt's objects are: documents and rules. lxml only, no I/O."""
