using System.CommandLine;

namespace GpuGrants.Api.Commands;

/// <summary>The verb <c>health</c>, for containers whose images have no curl.</summary>
internal static class HealthVerb
{
    public static Command Create()
    {
        var url = new Argument<Uri>("url") { Description = "The address to ask." };
        var command = new Command("health", "Ask a service whether it is healthy; status 0 when it is.") { url };
        command.SetAction(
            async (result, cancellation) =>
            {
                using var http = new HttpClient();
                try
                {
                    using var response = await http.GetAsync(result.GetValue(url), cancellation);
                    return response.IsSuccessStatusCode ? 0 : 1;
                }
                catch (HttpRequestException)
                {
                    return 1;
                }
            }
        );
        return command;
    }
}
