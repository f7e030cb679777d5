namespace GpuGrants.Api.Http.Callers;

/// <summary>The service's clock, for endpoints that say how things stand at the moment.</summary>
public static class CallClock
{
    public static DateTimeOffset Now(this HttpContext http) => http.RequestServices.GetRequiredService<TimeProvider>().GetUtcNow();
}
