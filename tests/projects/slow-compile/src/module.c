int never_reached;
