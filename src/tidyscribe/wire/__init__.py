"""The services' messages, one module each; the provider and the gateway both use them."""
