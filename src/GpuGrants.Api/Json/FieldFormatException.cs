using System.Text.Json;

namespace GpuGrants.Api.Json;

/// <summary>A value has the wrong form for its field. The message tells the caller what to send.</summary>
public sealed class FieldFormatException(string message) : JsonException(message);
