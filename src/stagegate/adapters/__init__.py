"""Other engines that stagegate can lean on, each in a module that alone imports it."""
