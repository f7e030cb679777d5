using System.Security.Cryptography;
using System.Text;
using CsCheck;
using GpuGrants.Webhooks;

namespace GpuGrants.Tests.Webhooks;

/// <summary>Signatures, retries and health, as Standard Webhooks 1.0 and our schedule have them.</summary>
public sealed class WebhookRulesTests
{
    private static readonly DateTimeOffset Now = new(2026, 3, 1, 9, 0, 0, TimeSpan.Zero);

    private static readonly Gen<byte[]> Keys = Gen.Byte.Array[24, 64];

    [Fact]
    public void The_signature_is_that_of_the_specifications_test_vector()
    {
        Assert.True(WebhookSecret.TryParse("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", out var secret));
        var signature = WebhookSignature.Of(
            [secret],
            "msg_p5jXN8AQM9LWM0D4loKWxJek",
            1614265330,
            Encoding.UTF8.GetBytes("""{"test": 2432232314}""")
        );
        Assert.Equal("v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=", signature);
    }

    [Fact]
    public void Each_secret_signs_for_itself_and_a_changed_byte_changes_every_signature() =>
        Gen.Select(Keys, Keys, Gen.Byte.Array[1, 200])
            .Sample(one =>
            {
                var secrets = new[] { WebhookSecret.Of(one.Item1), WebhookSecret.Of(one.Item2) };
                var signed = WebhookSignature.Of(secrets, "msg_1", 1, one.Item3).Split(' ');
                Assert.Equal(WebhookSignature.Of(secrets[..1], "msg_1", 1, one.Item3), signed[0]);
                Assert.Equal(WebhookSignature.Of(secrets[1..], "msg_1", 1, one.Item3), signed[1]);
                one.Item3[0] ^= 1;
                Assert.Empty(signed.Intersect(WebhookSignature.Of(secrets, "msg_1", 1, one.Item3).Split(' ')));
            });

    [Fact]
    public void An_id_with_a_full_stop_is_refused_because_it_could_pass_for_another_message() =>
        Assert.Throws<ArgumentException>(() => WebhookSignature.Of([WebhookSecret.Of(new byte[32])], "msg.1", 1, []));

    [Fact]
    public void A_secret_reads_back_as_it_was_shown() =>
        Keys.Sample(key =>
        {
            Assert.True(WebhookSecret.TryParse(WebhookSecret.Of(key).Reveal(), out var read));
            Assert.True(CryptographicOperations.FixedTimeEquals(key, read.Key));
        });

    [Theory]
    [InlineData("")]
    [InlineData("whsec_")]
    [InlineData("whsec_c2hvcnQ=")]
    [InlineData("whsec_not base64 at all, but long enough for one")]
    [InlineData("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")]
    public void What_the_specification_calls_no_secret_is_refused(string text) => Assert.False(WebhookSecret.TryParse(text, out _));

    [Fact]
    public void Attempts_follow_the_schedule_and_then_end()
    {
        double[] minutes = [5 / 60d, 5, 30, 120, 300, 600, 600];
        Assert.Equal(minutes.Length + 1, RetrySchedule.MaxAttempts);
        for (var failed = 1; failed <= minutes.Length; failed++)
            Assert.Equal(Now.AddMinutes(minutes[failed - 1]), RetrySchedule.Next(failed, Now, null, 0));
        Assert.Null(RetrySchedule.Next(RetrySchedule.MaxAttempts, Now, null, 0));
    }

    [Fact]
    public void Chance_never_shortens_a_wait_nor_lengthens_it_by_more_than_a_tenth() =>
        Gen.Select(Gen.Int[1, RetrySchedule.MaxAttempts - 1], Gen.Double[0, 0.999])
            .Sample(one =>
            {
                var plain = RetrySchedule.Next(one.Item1, Now, null, 0)!.Value - Now;
                var wait = RetrySchedule.Next(one.Item1, Now, null, one.Item2)!.Value - Now;
                Assert.InRange(wait, plain, plain * 1.1);
            });

    [Fact]
    public void A_receiver_may_ask_for_a_longer_wait_of_up_to_a_day_but_for_no_shorter_one()
    {
        Assert.Equal(Now.AddHours(1), RetrySchedule.Next(1, Now, TimeSpan.FromHours(1), 0));
        Assert.Equal(Now.AddMinutes(5), RetrySchedule.Next(2, Now, TimeSpan.FromSeconds(1), 0));
        Assert.Equal(Now.AddDays(1), RetrySchedule.Next(1, Now, TimeSpan.FromDays(300), 0));
    }

    [Fact]
    public void An_owner_is_told_before_the_endpoint_is_disabled_after_five_days()
    {
        Assert.Equal(EndpointFate.GoOn, EndpointHealth.Judge(Now, Now.AddDays(2.9), noticedAt: null));
        Assert.Equal(EndpointFate.Notice, EndpointHealth.Judge(Now, Now.AddDays(3), noticedAt: null));
        Assert.Equal(EndpointFate.GoOn, EndpointHealth.Judge(Now, Now.AddDays(4.9), Now.AddDays(2)));
        Assert.Equal(EndpointFate.Disable, EndpointHealth.Judge(Now, Now.AddDays(5), Now.AddDays(3)));
        // Somebody who is told late has two days as well.
        Assert.Equal(EndpointFate.Notice, EndpointHealth.Judge(Now, Now.AddDays(9), noticedAt: null));
        Assert.Equal(EndpointFate.GoOn, EndpointHealth.Judge(Now, Now.AddDays(10.9), Now.AddDays(9)));
        Assert.Equal(EndpointFate.Disable, EndpointHealth.Judge(Now, Now.AddDays(11), Now.AddDays(9)));
    }
}
