package io.distsync.boot.autoconfigure;

import io.distsync.codec.Codec;
import io.distsync.codec.JacksonCodec;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import tools.jackson.databind.json.JsonMapper;

/** Values as JSON, by the application's own mapper if there is one. */
@Configuration(proxyBeanMethods = false)
@ConditionalOnClass(JsonMapper.class)
class JacksonCodecConfiguration {

    @Bean
    @ConditionalOnMissingBean(Codec.class)
    JacksonCodec syncCodec(ObjectProvider<JsonMapper> mappers) {
        JsonMapper mapper = mappers.getIfUnique();
        return mapper == null ? JacksonCodec.create() : JacksonCodec.using(mapper);
    }
}
