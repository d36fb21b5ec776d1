package io.distsync.boot.autoconfigure.registry;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.util.Comparator;
import java.util.Optional;

/** Where this machine is reached, if the application does not say so. */
@FunctionalInterface
public interface HostAddress {

    String find();

    /**
     * The first IPv4 address that is not a loopback address, of the interface with the lowest index that is up; if there is
     * none, that of the local host.
     */
    static String ofThisMachine() {
        try {
            Optional<InetAddress> first = NetworkInterface.networkInterfaces()
                    .filter(HostAddress::isUp)
                    .sorted(Comparator.comparingInt(NetworkInterface::getIndex))
                    .flatMap(NetworkInterface::inetAddresses)
                    .filter(address -> address instanceof Inet4Address && !address.isLoopbackAddress())
                    .findFirst();
            return (first.isPresent() ? first.get() : InetAddress.getLocalHost()).getHostAddress();
        } catch (IOException e) {
            throw new UncheckedIOException("this machine has no address; set sync.registry.host", e);
        }
    }

    private static boolean isUp(NetworkInterface each) {
        try {
            return each.isUp();
        } catch (IOException e) {
            return false;
        }
    }
}
