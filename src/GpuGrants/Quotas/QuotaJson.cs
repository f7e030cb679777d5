using System.Text.Json.Serialization;

namespace GpuGrants.Quotas;

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull, UseStringEnumConverter = true)]
[JsonSerializable(typeof(QuotaContext))]
[JsonSerializable(typeof(DecisionSnapshot))]
internal sealed partial class QuotaJson : JsonSerializerContext;
