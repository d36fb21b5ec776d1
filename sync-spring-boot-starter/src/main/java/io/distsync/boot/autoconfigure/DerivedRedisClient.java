package io.distsync.boot.autoconfigure;

import io.distsync.backend.redis.RedisSyncBackend;
import io.distsync.time.TimeSource;
import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCredentialsProvider;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.springframework.data.redis.connection.RedisClusterConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration;
import org.springframework.data.redis.connection.RedisConfiguration.WithAuthentication;
import org.springframework.data.redis.connection.RedisNode;
import org.springframework.data.redis.connection.RedisPassword;
import org.springframework.data.redis.connection.RedisSentinelConfiguration;
import org.springframework.data.redis.connection.RedisSocketConfiguration;
import org.springframework.data.redis.connection.RedisStandaloneConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceClientConfiguration;
import org.springframework.data.redis.connection.lettuce.LettuceConnectionFactory;
import org.springframework.data.redis.connection.lettuce.LettuceConverters;
import org.springframework.util.StringUtils;

/**
 * A client for the server a connection factory leads to, set up as the factory sets up its own, but one that neither
 * reconnects nor repeats by itself. The factory is only read. Resources of the application's clients, such as threads,
 * are shared and stay open when this client is closed.
 */
final class DerivedRedisClient implements AutoCloseable {

    /*
     * Why the address is made anew: the factory puts it into its client and nowhere else, and a client does not tell it.
     * What is left out of the factory's settings on purpose: pooling and "read from", because a backend has two
     * connections to each primary and no others.
     */

    private static final Duration SHORTEST_CONNECT_TIMEOUT = Duration.ofMillis(10);
    private static final Duration LONGEST_CONNECT_TIMEOUT = Duration.ofMinutes(5);

    private final AbstractRedisClient client;
    private final RedisURI uri;
    private final Supplier<RedisSyncBackend.Builder> backend;
    private final LettuceClientConfiguration settings;

    private DerivedRedisClient(
            AbstractRedisClient client,
            RedisURI uri,
            Supplier<RedisSyncBackend.Builder> backend,
            LettuceClientConfiguration settings) {
        this.client = client;
        this.uri = uri;
        this.backend = backend;
        this.settings = settings;
    }

    /** Opens no connection. */
    static DerivedRedisClient of(LettuceConnectionFactory factory) {
        LettuceClientConfiguration settings = factory.getClientConfiguration();
        RedisClusterConfiguration cluster = factory.getClusterConfiguration();
        return cluster == null ? ofServer(uri(factory, settings), settings) : ofCluster(cluster, settings);
    }

    private static DerivedRedisClient ofServer(RedisURI uri, LettuceClientConfiguration settings) {
        RedisClient client = settings.getClientResources()
                .map(resources -> RedisClient.create(resources, uri))
                .orElseGet(() -> RedisClient.create(uri));
        client.setOptions(RedisSyncBackend.safe(settings.getClientOptions().orElseGet(ClientOptions::create)));
        return new DerivedRedisClient(client, uri, () -> RedisSyncBackend.builder(client, uri), settings);
    }

    /** The backend asks this client for the map of slots only, and makes its options safe for the connections to nodes. */
    private static DerivedRedisClient ofCluster(
            RedisClusterConfiguration configuration, LettuceClientConfiguration settings) {
        List<RedisURI> nodes = new ArrayList<>();
        for (RedisNode node : configuration.getClusterNodes()) {
            RedisURI uri = authenticated(
                    RedisURI.Builder.redis(node.getRequiredHost(), node.getRequiredPort()), configuration, settings);
            apply(settings, uri);
            nodes.add(uri);
        }
        RedisClusterClient client = settings.getClientResources()
                .map(resources -> RedisClusterClient.create(resources, nodes))
                .orElseGet(() -> RedisClusterClient.create(nodes));
        ClientOptions options = settings.getClientOptions().orElseGet(ClusterClientOptions::create);
        client.setOptions(
                options instanceof ClusterClientOptions ofCluster
                        ? ofCluster
                        : ClusterClientOptions.builder(options).build());
        return new DerivedRedisClient(
                client, nodes.get(0), () -> RedisSyncBackend.builder(client, nodes.get(0)), settings);
    }

    /** Of the server, or of the first node to be asked for the cluster. */
    RedisURI uri() {
        return uri;
    }

    ClientOptions options() {
        return client.getOptions();
    }

    ClientResources resources() {
        return client.getResources();
    }

    /** A backend on this client, which has to be closed first, with the settings of the application. */
    RedisSyncBackend.Builder backend(SyncProperties properties, TimeSource time) {
        RedisSyncBackend.Builder builder = backend.get();
        Duration timeout = client.getOptions().getSocketOptions().getConnectTimeout();
        // Lettuce's default was not chosen by anybody, and is long for a server that is asked again and again.
        if (!timeout.equals(SocketOptions.DEFAULT_CONNECT_TIMEOUT_DURATION)) {
            builder.connectTimeout(within(timeout, SHORTEST_CONNECT_TIMEOUT, LONGEST_CONNECT_TIMEOUT));
        }
        if (properties.redis().replicas() > 0) {
            builder.waitForReplicas(
                    properties.redis().replicas(), properties.redis().replicaTimeout());
        }
        return builder.prefix(properties.prefix())
                .heartbeat(properties.heartbeat())
                .sweep(properties.lease().sweep())
                .maxPayloadBytes(Math.toIntExact(properties.maxPayloadSize().toBytes()))
                .time(time);
    }

    @Override
    public void close() {
        client.shutdown(settings.getShutdownQuietPeriod(), settings.getShutdownTimeout());
    }

    private static RedisURI uri(LettuceConnectionFactory factory, LettuceClientConfiguration settings) {
        RedisSentinelConfiguration sentinel = factory.getSentinelConfiguration();
        RedisSocketConfiguration socket = factory.getSocketConfiguration();
        RedisURI uri;
        if (sentinel != null) {
            uri = LettuceConverters.sentinelConfigurationToRedisURI(sentinel);
            authenticate(uri, sentinel, settings);
        } else if (socket != null) {
            uri = authenticated(RedisURI.Builder.socket(socket.getSocket()), socket, settings);
        } else {
            RedisStandaloneConfiguration server = factory.getStandaloneConfiguration();
            uri = authenticated(RedisURI.Builder.redis(server.getHostName(), server.getPort()), server, settings);
        }
        uri.setDatabase(factory.getDatabase());
        for (RedisURI each : addresses(uri)) {
            apply(settings, each);
        }
        return uri;
    }

    /** The server's, and those of the sentinels asked for it. */
    private static List<RedisURI> addresses(RedisURI uri) {
        return Stream.concat(Stream.of(uri), uri.getSentinels().stream()).toList();
    }

    private static void apply(LettuceClientConfiguration settings, RedisURI uri) {
        uri.setTimeout(settings.getCommandTimeout());
        settings.getClientName().ifPresent(uri::setClientName);
        if (uri.getSocket() == null) {
            uri.setSsl(settings.isUseSsl());
            uri.setVerifyPeer(settings.getVerifyMode());
            uri.setStartTls(settings.isStartTls());
        }
    }

    private static void authenticate(
            RedisURI uri, RedisSentinelConfiguration configuration, LettuceClientConfiguration settings) {
        settings.getRedisCredentialsProviderFactory().ifPresent(factory -> {
            uri.setCredentialsProvider(factory.createCredentialsProvider(configuration));
            RedisCredentialsProvider ofSentinels = factory.createSentinelCredentialsProvider(configuration);
            uri.getSentinels().forEach(each -> each.setCredentialsProvider(ofSentinels));
        });
    }

    private static <C extends RedisConfiguration & WithAuthentication> RedisURI authenticated(
            RedisURI.Builder builder, C configuration, LettuceClientConfiguration settings) {
        String username = configuration.getUsername();
        RedisPassword password = configuration.getPassword();
        if (StringUtils.hasText(username)) {
            builder.withAuthentication(username, password.toOptional().orElseGet(() -> new char[0]));
        } else {
            password.toOptional().ifPresent(builder::withPassword);
        }
        settings.getRedisCredentialsProviderFactory()
                .ifPresent(factory -> builder.withAuthentication(factory.createCredentialsProvider(configuration)));
        return builder.build();
    }

    private static Duration within(Duration value, Duration least, Duration most) {
        return value.compareTo(least) < 0 ? least : value.compareTo(most) > 0 ? most : value;
    }
}
